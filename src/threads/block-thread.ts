// Sleeps the calling thread. For the command line, whose writes may have to wait for a pipe's reader, and whose commands
// need nothing else of shared memory.

export { blockThread } from '../shared-memory/wait.ts'
