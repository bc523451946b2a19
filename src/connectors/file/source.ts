// Reads files one after the other, in the order given, each to its end as it is when the reading gets there.
//
// What is found at the start is what is read: a file that is renamed or deleted before its turn is still read, one that
// was replaced is an error. A run that goes on from a checkpoint passes over the files that it had read to their ends.

import { z } from 'zod'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { option } from '../../sdk/options.ts'
import { type ByteInput, defineSource, type InputPosition, type Source, type SourceSetup } from '../../sdk/source.ts'
import { FileInput } from './file-input.ts'
import { type FoundFile, findFiles } from './find-files.ts'
import { FollowSource } from './follow.ts'
import { type FollowTools, systemFollowTools } from './follow-tools.ts'

const options = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .optional()
      .describe('File to read, or a glob: logs/*.log. A glob takes regular files only, sorted by bytes.'),
    paths: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Several files or globs, read in this order. A glob leaves out what the list names before it.'),
    compression: z
      .enum(['auto', 'none', 'gzip'])
      .default('auto')
      .describe('auto tells gzip by its first bytes, whatever the name; none takes the bytes as they are.'),
    follow: z
      .boolean()
      .default(false)
      .describe('Wait for lines that are added, through rotation and truncation, and for files that appear.'),
    start_at: z
      .enum(['beginning', 'end'])
      .default('beginning')
      .describe('With follow: end passes over the lines that are there when the pipeline runs for the first time.'),
    rotated_wait: option.duration({
      description: 'With follow: a file that was renamed or deleted is closed when nothing was added for so long.',
      default: '30s',
      max: '1d'
    })
  })
  .refine(({ path, paths }) => (path === undefined) !== (paths === undefined), 'give either path or paths')
  .refine(
    ({ follow, compression }) => !follow || compression !== 'gzip',
    'compressed files cannot be followed: leave compression out, or set follow: false'
  )
  .refine(({ follow, start_at }) => follow || start_at === 'beginning', 'start_at: end is for follow: true')

export function createFileSource(fileSystem: FileSystem, followTools: FollowTools = systemFollowTools(fileSystem)) {
  return defineSource({
    name: 'file',
    summary: 'Reads the lines of files; gzip is decompressed.',
    options,
    readBy: 'lane',
    isEndless: ({ follow }) => follow,
    open({ path, paths, compression, follow, start_at, rotated_wait }, setup: SourceSetup): Source {
      if (follow && compression !== 'gzip') {
        const options = { startAt: start_at, compression, rotatedWaitMilliseconds: rotated_wait }
        return new FollowSource(followTools, { ...options, patterns: paths ?? [path!] }, setup)
      }
      return new FileSource(fileSystem, findFiles(fileSystem, paths ?? [path!], compression, setup), setup.resume ?? [])
    }
  })
}

export const fileSource = createFileSource(nodeFileSystem)

class FileSource implements Source {
  readonly totalBytes: number | undefined
  private readonly inputs: readonly FileInput[]
  private turn = 0

  constructor(fileSystem: FileSystem, files: readonly FoundFile[], resume: readonly InputPosition[]) {
    this.inputs = numbered(fileSystem, files, resume)
    this.totalBytes = this.inputs.reduce<number | undefined>(
      (sum, { sizeBytes }) => (sum === undefined || sizeBytes === undefined ? undefined : sum + sizeBytes),
      0
    )
  }

  next(): ByteInput | undefined | Promise<ByteInput> {
    this.inputs[this.turn - 1]?.close()
    const input = this.inputs[this.turn++]
    return input?.prepare() ?? input
  }

  close(): void {
    for (const input of this.inputs) input.close()
    this.turn = this.inputs.length
  }
}

/** Those still to read. A file keeps the number that the checkpoint knows it by; the others are counted on from there. */
function numbered(
  fileSystem: FileSystem,
  files: readonly FoundFile[],
  resume: readonly InputPosition[]
): readonly FileInput[] {
  let free = resume.reduce((most, { sourceNumber }) => Math.max(most, sourceNumber + 1), 0)
  const inputs: FileInput[] = []
  for (const file of files) {
    const position = resume.find(({ path, stored }) => path === file.path && stored !== undefined)
    const input = new FileInput(fileSystem, file, position?.sourceNumber ?? free++, position)
    if (position?.isFinished) input.close()
    else inputs.push(input)
  }
  return inputs
}
