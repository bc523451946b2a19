// Threads take over the flags of the process. The one that says how to read a program given as text (`node
// --input-type=module -e …`) forbids them their files; where it is given, they start without any flags.

const isProgramText = process.execArgv.some(flag => flag.startsWith('--input-type'))

export const WORKER_FLAGS: { readonly execArgv?: string[] } = isProgramText ? { execArgv: [] } : {}
