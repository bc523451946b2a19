// Where Linescope's own files lie: TypeScript in `src` of a checkout, or JavaScript in `dist` of the published package,
// where one file holds many modules. Nobody else counts folders upwards from where it stands.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const IS_CHECKOUT = import.meta.url.endsWith('.ts')

const PACKAGE = findPackage()

/** Everything that this project runs lies in it; what a user wrote does not. */
export const OWN_FOLDER: string = fileURLToPath(new URL(IS_CHECKOUT ? 'src/' : 'dist/', PACKAGE))

/** A module that is loaded by its address, such as `threads/lane`. */
export function ownModule(path: string): URL {
  return new URL(IS_CHECKOUT ? `src/${path}.ts` : `dist/${path}.js`, PACKAGE)
}

/** A file beside the modules that is handed out or read as it is, such as `server/page/index.html`. */
export function ownFile(path: string): URL {
  return new URL(IS_CHECKOUT ? `src/${path}` : `dist/${path}`, PACKAGE)
}

/** The demo. In the published package it is compiled: Node reads no TypeScript under node_modules. */
export function demoFile(path: string): URL {
  return new URL(`${IS_CHECKOUT ? '' : 'dist/'}examples/demo/${path}`, PACKAGE)
}

/** A file at the root of the package. */
export function packageFile(path: string): URL {
  return new URL(path, PACKAGE)
}

function findPackage(): URL {
  let folder = new URL('./', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder)
    if (parent.href === folder.href) throw new Error('Linescope misses its own package.json.')
    folder = parent
  }
  return folder
}
