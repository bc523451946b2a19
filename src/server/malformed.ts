// What a socket gets that does not speak HTTP: a short refusal in our form, then the end of the connection. A socket on
// which an answer has begun is only ended: bytes that follow would be taken for a part of that answer.

import type { Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

import { jsonText } from '../contract/name-map.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { LIMITS } from './limits.ts'
import { STATUS_CODES } from './node-http.ts'

export function refuseMalformed(server: Server): void {
  const newest = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (request, response) => newest.set(request.socket, response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = newest.get(socket)
    const isAnswering = response?.headersSent === true && !response.writableFinished
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
      socket.destroy()
      return
    }
    if (error.code === 'HPE_HEADER_OVERFLOW') {
      end(socket, 431, 'headers_too_large', `Headers have at most ${LIMITS.headerBytes} bytes in all.`)
    } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
      end(socket, 408, 'request_timeout', 'The request did not arrive in time.')
    } else {
      end(socket, 400, 'bad_request', 'This is not a well-formed HTTP request.')
    }
  })
  server.on('connect', (_request, socket) => {
    end(socket, 405, 'method_not_allowed', 'This is no proxy.', 'allow: GET, HEAD, POST\r\n')
  })
}

function end(socket: Duplex, status: number, error: string, message: string, extraHeaders = ''): void {
  const body = jsonText({ error, message })
  const headers = Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n${extraHeaders}${headers.join('')}` +
      `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
