// Long answers, to stdout or to a file: few large writes, each in full.

import { nodeFileSystem } from '../base/file-system.ts'
import { systemErrorCode } from '../base/system-error.ts'
import { writeFully } from '../base/write-fully.ts'
import { blockThread } from '../threads/block-thread.ts'

const STDOUT = 1
const BUFFER_BYTES = 64 * 1024

export class BufferedOutput {
  readonly #descriptor: number
  #parts: Uint8Array[] = []
  #bytes = 0
  #isOpen = true

  constructor(descriptor = STDOUT) {
    this.#descriptor = descriptor
  }

  /** False when whoever read it has gone: nothing more need be written. Throws what the system says of any other failure. */
  write(content: string | Uint8Array): boolean {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    this.#parts.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes >= BUFFER_BYTES) this.flush()
    return this.#isOpen
  }

  flush(): void {
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    if (!this.#isOpen) return
    const { error } = writeFully(nodeFileSystem, this.#descriptor, bytes, blockThread)
    if (error === undefined) return
    if (systemErrorCode(error) !== 'EPIPE') throw error as Error
    this.#isOpen = false
  }
}
