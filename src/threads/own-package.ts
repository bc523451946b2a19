// Lets the user's modules write `import … from 'linescope'` wherever they lie: it is the Linescope that runs them, be it
// a checkout, a global or a local installation. Once in each thread, before the first such module is loaded.

import { registerHooks } from 'node:module'

import { ownModule } from '../base/own-files.ts'

const OWN: Readonly<Record<string, string>> = {
  linescope: ownModule('index').href,
  'linescope/testing': ownModule('testing/index').href
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
