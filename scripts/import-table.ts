// Who may import whom under src/: the house plan as data. `check-imports.ts` holds the code to it.

export interface Permission {
  readonly room: string
  /** Only `import type`. */
  readonly typesOnly?: true
  /** Paths in that room that are allowed; without it, all. */
  readonly only?: RegExp
  readonly except?: RegExp
}

const READERS = /(?:^|\/|-)reader\.ts$/
const WRITERS = /(?:^|\/|-)writer\.ts$/

const ROOMS = ['sdk', 'processors', 'connectors', 'config', 'shared-memory', 'state', 'engine', 'store', 'observer']

/** A room (a folder of src, or a file beside them) and what it may import besides itself. */
export const IMPORT_TABLE: Readonly<Record<string, readonly (string | Permission)[]>> = {
  base: [],
  contract: [],
  sdk: ['base'],
  processors: ['sdk', 'base'],
  connectors: ['sdk', 'base'],
  // The plan belongs to the engine, which runs it; config only fills it in.
  config: ['sdk', 'base', { room: 'engine', only: /^plan\.ts$/, typesOnly: true }],
  'shared-memory': ['base'],
  state: ['base'],
  // The engine never reads back what it tells the observer.
  engine: ['sdk', { room: 'shared-memory', except: READERS }, 'state', 'base'],
  store: ['contract', 'state', 'base'],
  // Never the engine: shared memory is the interface, so that no dashboard can slow a line down.
  observer: [{ room: 'shared-memory', except: WRITERS }, { room: 'store', only: /messages\.ts$/ }, 'contract', 'base'],
  server: ['observer', { room: 'store', only: /messages\.ts$/, typesOnly: true }, 'contract', 'base'],
  threads: [...ROOMS, 'server', 'contract', 'base', 'builtins.ts'],
  cli: ['threads', 'config', 'builtins.ts', 'state', 'contract', 'base'],
  // It runs whole plans: what came of them stands in shared memory and in dead letters.
  testing: ['sdk', 'engine', 'shared-memory', { room: 'state', typesOnly: true }, 'base'],
  'builtins.ts': ['processors', 'connectors', 'sdk'],
  'index.ts': ['sdk', 'config', 'threads', { room: 'connectors', typesOnly: true }, 'contract', 'base']
}

/** What a test may import besides what its room may. */
export const TEST_IMPORTS: readonly string[] = ['testing']

/** Packages and built-in modules (`node:` stands for all of these) of the rooms that are held to a list. */
export const PACKAGE_TABLE: Readonly<Record<string, readonly string[]>> = {
  base: ['node:'],
  // Compiled into the browser.
  contract: ['zod'],
  'shared-memory': ['node:'],
  state: ['node:'],
  store: ['node:'],
  observer: ['node:']
}

export interface WordRule {
  /** Consecutive tokens. */
  readonly words: readonly string[]
  /** Rooms that may write it. */
  readonly rooms: readonly string[]
  readonly isAllowedInTests: boolean
  readonly reason: string
}

export const WORD_RULES: readonly WordRule[] = [
  ...['SharedArrayBuffer', 'Atomics'].map(word => ({
    words: [word],
    rooms: ['shared-memory'],
    isAllowedInTests: false,
    reason: 'every argument about memory ordering stands in one folder'
  })),
  {
    words: ['process', '.', 'exit'],
    rooms: ['threads', 'cli'],
    isAllowedInTests: true,
    reason: 'a running engine stays up; only its owner ends the process'
  },
  {
    words: ['process', '.', 'stdout'],
    rooms: [],
    isAllowedInTests: true,
    reason: 'once it was touched, writeSync(1) throws EAGAIN on a pipe'
  },
  {
    words: ['console', '.', 'log'],
    rooms: [],
    isAllowedInTests: true,
    reason: 'it touches process.stdout, and in a thread it waits for main'
  }
]

export interface Debt {
  /** `engine/lane.ts` */
  readonly file: string
  /** `observer/windows.ts` */
  readonly imports: string
  readonly reason: string
}

/** Imports against the table that are known. The list may only shrink: an entry that is paid must go. */
export const DEBTS: readonly Debt[] = []
