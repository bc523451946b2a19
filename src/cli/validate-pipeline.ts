// What `linescope validate` does.

import { builtins } from '../builtins.ts'
import { loadPlan } from '../config/load-plan.ts'
import { EXIT } from './exit-codes.ts'
import { print, printError, safe } from './output.ts'

/** Returns the exit code. Throws UserErrors that say every mistake with its place. */
export async function validatePipeline(pipeline: string): Promise<number> {
  const { plan } = await loadPlan({ file: pipeline, registry: builtins, currentFolder: process.cwd() })
  for (const warning of plan.warnings) printError(safe(`warning: ${warning}`))
  const processors = count(plan.processors.length, 'processor')
  const sinks = count(plan.sinks.length, 'sink')
  print(safe(`${pipeline}: ${processors} and ${sinks}, nothing wrong.`))
  return EXIT.done
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`
}
