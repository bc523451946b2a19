// `linescope validate`: says everything that is wrong with a pipeline, without running it.

import { Command } from 'commander'

import { builtins } from '../../builtins.ts'
import { loadPlan } from '../../config/load-plan.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printError, safe } from '../output.ts'

export function validateCommand(): Command {
  return new Command('validate')
    .description('Check a pipeline: every mistake with file, line, column and what to do.')
    .argument('<pipeline>', 'pipeline file')
    .action(async (pipeline: string) => {
      const { plan } = await loadPlan({ file: pipeline, registry: builtins, currentFolder: process.cwd() })
      for (const warning of plan.warnings) printError(safe(`warning: ${warning}`))
      const processors = count(plan.processors.length, 'processor')
      const sinks = count(plan.sinks.length, 'sink')
      print(safe(`${pipeline}: ${processors} and ${sinks}, nothing wrong.`))
      process.exit(EXIT.done)
    })
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`
}
