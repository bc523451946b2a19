// One thing that `doctor` or `verify` looked at, and what they found.

/** `broken`: it does not work at all. `damage`: what is stored is not what was stored. Both make the command exit 1. */
export type Level = 'ok' | 'note' | 'warning' | 'broken' | 'damage'

export interface Check {
  readonly level: Level
  /** Two or three words. */
  readonly name: string
  /** A sentence, or several. */
  readonly text: string
  /** A sentence: what to do, or what it means for the next start. */
  readonly advice?: string | undefined
  /** For `--json`: what was measured or where it lies, by names in snake case. */
  readonly facts?: Facts | undefined
}

export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

export function isFault({ level }: Check): boolean {
  return level === 'broken' || level === 'damage'
}
