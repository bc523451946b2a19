// The store of a run that is over, for commands.

export { isSetAside, isStoreFile, storeFile } from '../store/files.ts'
export { inspectStore } from '../store/look.ts'
export { ReadOnlyStore } from '../store/read-only.ts'
export { rebuildLetterIndex } from '../store/rebuild.ts'
export { textVersionOf } from '../store/text-version.ts'
