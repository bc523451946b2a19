// May anybody else read or change what a state folder holds? It holds lines, and the dashboard's token.

import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { quote } from '../../base/quote.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import type { Check } from './check.ts'
import { shownPath } from './state-folders.ts'

const OTHERS = 0o077
const NAME = 'permissions'

export function checkPermissions(stateFolder: string): Check {
  const open: string[] = []
  const foreign: string[] = []
  const links: string[] = []
  try {
    for (const path of [stateFolder, ...everythingIn(stateFolder)]) {
      const status = lstatSync(path)
      if (status.isSymbolicLink()) links.push(path)
      else if ((status.mode & OTHERS) !== 0) open.push(path)
      if (status.uid !== (process.getuid?.() ?? status.uid)) foreign.push(path)
    }
  } catch (cause) {
    return { level: 'broken', name: NAME, text: `The folder cannot be read: ${systemErrorReason(cause)}.` }
  }
  // What Windows says of modes means nothing.
  if (process.platform === 'win32') return { level: 'ok', name: NAME, text: 'Those of the folder above.' }
  const folder = quote(shownPath(stateFolder))
  if (links.length > 0) {
    return {
      level: 'warning',
      name: NAME,
      text: `${listOf(links, stateFolder)} a link to somewhere else: Linescope makes none here.`,
      advice: 'Find out who made it, and delete it.',
      facts: { paths: links }
    }
  }
  if (foreign.length > 0) {
    return {
      level: 'warning',
      name: NAME,
      text: `${listOf(foreign, stateFolder)} another user's.`,
      advice: `Run as that user, or give them to this one: chown -R ${process.getuid?.()} ${folder}`,
      facts: { paths: foreign }
    }
  }
  if (open.length > 0) {
    return {
      level: 'warning',
      name: NAME,
      text: `${listOf(open, stateFolder)} open to other users. Lines and the dashboard's token are in there.`,
      advice: `chmod -R go= ${folder}`,
      facts: { paths: open }
    }
  }
  return { level: 'ok', name: NAME, text: 'Only its owner may read it.' }
}

function everythingIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...everythingIn(path)] : [path]
  })
}

/** `checkpoint is`, `run.json and 2 more are`. */
function listOf([first = '', ...rest]: readonly string[], stateFolder: string): string {
  const name = first === stateFolder ? 'The folder' : first.slice(stateFolder.length + 1)
  return rest.length === 0 ? `${name} is` : `${name} and ${rest.length} more are`
}
