// The version of this package, read from where it is written.

import { readFileSync } from 'node:fs'

import { packageFile } from '../base/own-files.ts'

const description = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { readonly version: string }

export const VERSION: string = description.version
