import { setTimeout } from 'node:timers/promises'

/** Takes a tenth of a second for each line, and fails on those that contain "error". */
export async function general(line: string): Promise<string> {
  // A timer may fire up to a millisecond early.
  await setTimeout(101)
  if (line.includes('error')) throw new Error('An error occurred')
  return line
}
