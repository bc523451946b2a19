// Lets the user's modules write `import … from 'linescope'` wherever they lie: it is the Linescope that runs them, be it
// a checkout, a global or a local installation. Once in each thread, before the first such module is loaded.

import { registerHooks } from 'node:module'
import { extname } from 'node:path'

const extension = extname(import.meta.url)
const OWN: Readonly<Record<string, string>> = {
  linescope: new URL(`../index${extension}`, import.meta.url).href,
  'linescope/testing': new URL(`../testing/index${extension}`, import.meta.url).href
}

let isRegistered = false

export function resolveOwnPackage(): void {
  if (isRegistered) return
  isRegistered = true
  registerHooks({
    resolve: (specifier, context, next) => {
      const own = Object.hasOwn(OWN, specifier) ? OWN[specifier] : undefined
      return own === undefined ? next(specifier, context) : { url: own, shortCircuit: true }
    }
  })
}
