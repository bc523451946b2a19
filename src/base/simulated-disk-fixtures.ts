// A disk that keeps apart what was written and what was synced, so that a power failure at any instant can be tried.
//
// More unkind than a real one, never kinder:
// - Bytes of a file are on the disk for sure only after a sync of that file; its name only after a sync of its folder.
// - Of what is not synced a crash keeps any part: each sector of 512 bytes by itself, the length by itself, each change
//   of a name by itself, in any combination. A file that grew without its bytes holds zeros there.
// - After a failed sync everything looks as before, but what it was to bring to the disk never gets there.

export type Random = () => number

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const SECTOR_BYTES = 512

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'length'; readonly length: number }

/** Bytes that may grow; what is between the old end and a later one reads as zeros. */
class Bytes {
  #buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  view(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.#length) this.setLength(offset + bytes.length)
    this.#buffer.set(bytes, offset)
  }

  setLength(length: number): void {
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#buffer.length))
      larger.set(this.view())
      this.#buffer = larger
    } else if (length > this.#length) {
      this.#buffer.fill(0, this.#length, length)
    }
    this.#length = length
  }

  copy(): Bytes {
    const copy = new Bytes()
    copy.write(0, this.view())
    return copy
  }
}

export class SimulatedFile {
  readonly kind = 'file'
  readonly inode: number
  /** As everybody sees it while the machine is up. */
  readonly #seen: Bytes
  readonly #durable: Bytes
  /** In order, since the last sync. */
  #changes: Change[] = []

  constructor(inode: number, durable = new Bytes()) {
    this.inode = inode
    this.#seen = durable.copy()
    this.#durable = durable
  }

  get length(): number {
    return this.#seen.length
  }

  get bytes(): Buffer {
    return this.#seen.view()
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#changes.push({ kind: 'write', offset, bytes: Uint8Array.from(bytes) })
    this.#seen.write(offset, bytes)
  }

  setLength(length: number): void {
    this.#changes.push({ kind: 'length', length })
    this.#seen.setLength(length)
  }

  sync(): void {
    for (const change of this.#changes) {
      if (change.kind === 'write') this.#durable.write(change.offset, change.bytes)
      else this.#durable.setLength(change.length)
    }
    this.#durable.setLength(this.#seen.length)
    this.#changes = []
  }

  /** The system takes the bytes for written: no later sync tries them again. */
  failToSync(): void {
    this.#changes = []
  }

  afterCrash(random: Random): SimulatedFile {
    const bytes = this.#durable.copy()
    const share = shareKept(random)
    const lengthsKept = Math.floor(random() * (this.#changes.length + 1))
    let length = bytes.length
    for (const [index, change] of this.#changes.entries()) {
      const keepsLength = index < lengthsKept
      if (change.kind === 'length') {
        if (!keepsLength) continue
        length = change.length
        if (length < bytes.length) bytes.setLength(length)
        continue
      }
      const end = change.offset + change.bytes.length
      if (keepsLength) length = Math.max(length, end)
      for (let start = change.offset; start < end; ) {
        const next = Math.min(end, (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES)
        if (random() < share) bytes.write(start, change.bytes.subarray(start - change.offset, next - change.offset))
        start = next
      }
    }
    bytes.setLength(length)
    return new SimulatedFile(this.inode, bytes)
  }
}

export class SimulatedFolder {
  readonly kind = 'folder'
  readonly inode: number
  readonly names: Map<string, SimulatedNode>
  readonly durableNames: Map<string, SimulatedNode>

  constructor(inode: number, names = new Map<string, SimulatedNode>()) {
    this.inode = inode
    this.names = names
    this.durableNames = new Map(names)
  }
}

export type SimulatedNode = SimulatedFile | SimulatedFolder

/** A name and what it stands for; nothing when it was taken away. */
export interface NameChange {
  readonly folder: SimulatedFolder
  readonly name: string
  readonly node: SimulatedNode | undefined
}

export class SimulatedDisk {
  readonly root: SimulatedFolder
  #lastInode: number
  /** In order; each is kept or lost as a whole. */
  #nameChanges: (readonly NameChange[])[] = []

  constructor(root = new SimulatedFolder(2), lastInode = 2) {
    this.root = root
    this.#lastInode = lastInode
  }

  makeFile(): SimulatedFile {
    return new SimulatedFile(++this.#lastInode)
  }

  makeFolder(): SimulatedFolder {
    return new SimulatedFolder(++this.#lastInode)
  }

  /** Several at once happen at one instant, for a crash as well. */
  changeNames(changes: readonly NameChange[]): void {
    for (const { folder, name, node } of changes) setName(folder.names, name, node)
    this.#nameChanges.push(changes)
  }

  /** What is on the disk is never undone by an older change of the same name. */
  syncFolder(folder: SimulatedFolder): void {
    const waiting: (readonly NameChange[])[] = []
    const isSynced = new Map<SimulatedFolder, Set<string>>()
    for (const changes of this.#nameChanges.toReversed()) {
      const open = changes.filter(change => isSynced.get(change.folder)?.has(change.name) !== true)
      if (!open.some(change => change.folder === folder)) {
        if (open.length > 0) waiting.push(open)
        continue
      }
      for (const change of open) {
        setName(change.folder.durableNames, change.name, change.node)
        getOrMake(isSynced, change.folder, () => new Set()).add(change.name)
      }
    }
    this.#nameChanges = waiting.reverse()
  }

  /** What another start of the machine finds. This disk stays as it is: any number of crashes can be tried. */
  crash(seed: number): SimulatedDisk {
    const random = seededRandom(seed)
    const share = shareKept(random)
    const kept = this.#nameChanges.filter(() => random() < share)
    const namesOf = new Map<SimulatedFolder, Map<string, SimulatedNode>>()
    const names = (folder: SimulatedFolder): Map<string, SimulatedNode> =>
      getOrMake(namesOf, folder, () => new Map(folder.durableNames))
    for (const { folder, name, node } of kept.flat()) setName(names(folder), name, node)

    // A file with two names stays one file.
    const copies = new Map<SimulatedNode, SimulatedNode>()
    const copyNode = (node: SimulatedNode): SimulatedNode =>
      getOrMake(copies, node, () => (node.kind === 'file' ? node.afterCrash(random) : copyFolder(node)))
    const copyFolder = (folder: SimulatedFolder): SimulatedFolder =>
      new SimulatedFolder(folder.inode, new Map([...names(folder)].map(([name, node]) => [name, copyNode(node)])))
    return new SimulatedDisk(copyFolder(this.root), this.#lastInode)
  }
}

/** Whether all, nothing or a part of what was under way survives: the ends must come often enough. */
function shareKept(random: Random): number {
  const choice = random()
  if (choice < 0.25) return 0
  if (choice < 0.5) return 1
  return random()
}

function setName(names: Map<string, SimulatedNode>, name: string, node: SimulatedNode | undefined): void {
  if (node === undefined) names.delete(name)
  else names.set(name, node)
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
