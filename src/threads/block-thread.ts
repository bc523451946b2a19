// Sleeps the calling thread. For the command line, whose writes may have to wait for a pipe's reader.

export { blockThread } from '../shared-memory/index.ts'
