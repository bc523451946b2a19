// The state of one run: its folder, its lock, its run.json. (Interim.)
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export function openState(plan: { readonly name: string }, options: { readonly folder: string }) {
  const folder = join(options.folder, plan.name)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    writeRunFile: (_run: { url: string | undefined; token: string }) => undefined,
    close: () => undefined
  }
}
