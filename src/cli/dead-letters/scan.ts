// One walk through a log: the letters that a command is about, and what is damaged in it.

import { didYouMean } from '../../base/closest-name.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { matches } from '../../state/dead-letter-log/filter.ts'
import { type LogDamage, readDeadLetters, type StoredLetter } from '../../state/dead-letter-log/reader.ts'
import { EXIT } from '../exit-codes.ts'
import { formatCount, formatNumberOf } from '../numbers.ts'
import { printError, safe } from '../output.ts'
import type { FilterArguments } from './filter.ts'
import type { OpenLog } from './open-log.ts'

const DAMAGE_SHOWN = 20
const NAMES_KEPT = 1000

export class LogScan {
  readonly #log: OpenLog
  readonly #wanted: FilterArguments
  readonly #accepts: (stored: StoredLetter) => boolean
  readonly #names = { processor: new Set<string>(), tag: new Set<string>() }
  readonly #missingIds: Set<string>
  /** Letters that are there and count, wanted or not. */
  letters = 0
  /** Those among them that are wanted. */
  found = 0
  discarded = 0
  /** Places of the log that cannot be read. */
  damaged = 0
  readonly #complaints: string[] = []
  #isNewer = false

  /** `accepts` is a further filter. */
  constructor(log: OpenLog, wanted: FilterArguments, accepts: (stored: StoredLetter) => boolean = () => true) {
    this.#log = log
    this.#wanted = wanted
    this.#accepts = accepts
    this.#missingIds = new Set(wanted.id)
  }

  /** Oldest first; up to `--limit`. */
  *wanted(): Generator<StoredLetter> {
    const { reveal } = this.#log
    for (const entry of this.#entries()) {
      if (entry.kind === 'damage') this.#noteDamage(entry)
      else if (entry.kind === 'discarded') this.discarded++
      else {
        this.#note(entry)
        if (!matches(entry, this.#wanted, reveal) || !this.#accepts(entry)) continue
        this.found++
        yield entry
        if (this.found === this.#wanted.limit) return
      }
    }
  }

  /** To be called behind the walk: says on stderr what is damaged or why nothing was found, and returns the exit code. */
  end(): number {
    for (const complaint of this.#complaints) printError(safe(complaint))
    if (this.damaged > DAMAGE_SHOWN) printError(`… and ${formatCount(this.damaged - DAMAGE_SHOWN)} more damaged places`)
    if (this.#isNewer) {
      printError(`linescope: a newer Linescope has written to ${this.#log.shownAs}: use that one to read all of it`)
    }
    const isUnreadable = this.letters === 0 && (this.damaged > 0 || this.#isNewer)
    if (this.found === 0 && !isUnreadable) printError(safe(this.#whyNothing()))
    if (this.#isNewer) return EXIT.usage
    return this.damaged > 0 ? EXIT.failed : EXIT.done
  }

  /** Throws a UserError when a letter that was asked for by its id is not there. */
  requireIds(): void {
    for (const id of this.#missingIds) throw this.#unknown(id)
  }

  *#entries(): ReturnType<typeof readDeadLetters> {
    try {
      yield* readDeadLetters(this.#log.stateFolder)
    } catch (cause) {
      if (systemErrorCode(cause) === undefined) throw cause
      const reason = systemErrorReason(cause)
      throw new UserError(`the dead letters in ${quote(this.#log.shownAs)} cannot be read: ${reason}`, { cause })
    }
  }

  #note({ letter, sequence }: StoredLetter): void {
    this.letters++
    const { processor, tag } = this.#names
    if (processor.size < NAMES_KEPT) processor.add(letter.processor)
    if (tag.size < NAMES_KEPT) tag.add(letter.tag)
    this.#missingIds.delete(letter.id)
    this.#missingIds.delete(String(sequence))
  }

  /** An unfinished end is none: a run is writing it, or was killed at it. */
  #noteDamage({ isTorn, isNewer, message }: LogDamage): void {
    if (isTorn) return
    this.#isNewer ||= isNewer
    if (!isNewer) this.damaged++
    if (this.#complaints.length < DAMAGE_SHOWN) this.#complaints.push(`${isNewer ? 'not read' : 'damaged'}: ${message}`)
  }

  #whyNothing(): string {
    const { shownAs } = this.#log
    const discarded = this.discarded === 0 ? '' : ` (${formatCount(this.discarded)} were discarded)`
    if (this.letters === 0) return `No dead letters in ${shownAs}${discarded}.`
    const hint = this.#hintAt('processor') ?? this.#hintAt('tag')
    const none = `None of the ${formatNumberOf(this.letters, 'dead letter')} in ${shownAs} matches.`
    return hint === undefined ? none : `${none} ${hint}`
  }

  #hintAt(what: 'processor' | 'tag'): string | undefined {
    const unknown = this.#wanted[what].find(name => !this.#names[what].has(name))
    if (unknown === undefined) return undefined
    const hint = didYouMean(unknown, this.#names[what])
    return `There is none with the ${what} ${quote(unknown)}.${hint === undefined ? '' : ` ${hint}`}`
  }

  #unknown(id: string): UserError {
    const where = `in ${quote(this.#log.shownAs)}`
    if (this.letters === 0) return new UserError(this.#whyNothing())
    let first = Number.NaN
    let last = Number.NaN
    const ids: string[] = []
    for (const entry of this.#entries()) {
      if (entry.kind === 'damage') continue
      if (entry.kind === 'discarded') {
        if (String(entry.sequence) === id) return new UserError(`the dead letter ${id} ${where} was discarded`)
        continue
      }
      if (Number.isNaN(first)) first = entry.sequence
      last = entry.sequence
      if (ids.length < NAMES_KEPT) ids.push(entry.letter.id)
    }
    const range = Number.isNaN(last) ? 'linescope dlq ls shows them all.' : `Their numbers are ${first} to ${last}.`
    return new UserError(`there is no dead letter ${quote(id)} ${where}`, { hint: didYouMean(id, ids) ?? range })
  }
}
