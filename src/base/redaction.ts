// What is masked wherever a run's text is shown to people: the setting, which every thread that shows text is given.

/** Kinds of values that are known by their name or their shape. */
export const REDACTION_PRESETS = ['authorization', 'cookies', 'passwords', 'tokens', 'email', 'cards'] as const
export type RedactionPreset = (typeof REDACTION_PRESETS)[number]

/** Plain data. */
export interface Redaction {
  readonly presets: readonly RedactionPreset[]
  /** Regular expressions of the user; each can run in linear time. */
  readonly patterns: readonly { readonly source: string; readonly flags: string }[]
  /** False: of lines, values and messages only length and hash are shown. */
  readonly showsPayloads: boolean
}

export const DEFAULT_REDACTION: Redaction = { presets: REDACTION_PRESETS, patterns: [], showsPayloads: true }

export const MASK = '***'
