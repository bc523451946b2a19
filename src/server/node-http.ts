// What is used of `node:http`. Importing that module reads all its exports, and one of them loads the whole of Undici
// when it is read: some 20 ms of CPU time at every start, for nothing that is used here.

const http = process.getBuiltinModule('node:http')

export const { createServer, ServerResponse, STATUS_CODES } = http
