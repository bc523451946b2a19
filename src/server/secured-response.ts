// The response of every request, those included that Node answers by itself before any handler sees them (417, and 503
// on a connection that has had its number of requests): it has the protecting headers from the start.

import type { IncomingMessage } from 'node:http'

import { SECURITY_HEADERS } from './headers.ts'
import { ServerResponse } from './node-http.ts'

export class SecuredResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  constructor(...given: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...given)
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) this.setHeader(name, value)
  }
}
