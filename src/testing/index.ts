// The test kit, `linescope/testing`: for whoever writes a processor.

export type { KeptText } from './kept-text.ts'
export { measureKeptText } from './kept-text.ts'
export type { Emission, FailedAttempt, ProcessorRun, Runnable, RunSettings } from './run-processor.ts'
export { runProcessor } from './run-processor.ts'
export type { VerifySettings } from './verify-processor.ts'
export { ODD_LINES, verifyProcessor } from './verify-processor.ts'
