// The commands and how their failures end the process.

import { Command, CommanderError, type Option } from 'commander'

import { UserError, UserErrors } from '../base/user-error.ts'
import { resolveOwnPackage } from '../threads/own-package.ts'
import { VERSION } from '../threads/version.ts'
import { dlqCommand } from './commands/dlq.ts'
import { doctorCommand } from './commands/doctor.ts'
import { errorsCommand } from './commands/errors.ts'
import { graphCommand } from './commands/graph.ts'
import { openCommand } from './commands/open.ts'
import { pathsCommand } from './commands/paths.ts'
import { replayCommand } from './commands/replay.ts'
import { runCommand } from './commands/run.ts'
import { schemaCommand } from './commands/schema.ts'
import { statsCommand } from './commands/stats.ts'
import { tapCommand } from './commands/tap.ts'
import { topCommand } from './commands/top.ts'
import { traceCommand } from './commands/trace.ts'
import { tryCommand } from './commands/try.ts'
import { validateCommand } from './commands/validate.ts'
import { verifyCommand } from './commands/verify.ts'
import { EXIT } from './exit-codes.ts'
import { print, printError, safe } from './output.ts'

export async function main(argv: readonly string[]): Promise<void> {
  resolveOwnPackage()
  const program = new Command('linescope')
    .description('Runs lines through named processors and shows, live and line by line, what happens inside.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .configureOutput({
      writeOut: text => void print(text.replace(/\n$/, '')),
      writeErr: text => printError(text.replace(/\n$/, ''))
    })
    .configureHelp({ optionDescription: describeOption })
    .showSuggestionAfterError()
    .exitOverride()
    // Options behind the command of a command are that one's, though both may have some of the same name.
    .enablePositionalOptions()
  const commands = [
    runCommand(),
    validateCommand(),
    tryCommand(),
    statsCommand(),
    pathsCommand(),
    errorsCommand(),
    traceCommand(),
    tapCommand(),
    graphCommand(),
    topCommand(),
    openCommand(),
    await dlqCommand(argv),
    await replayCommand(argv),
    doctorCommand(),
    verifyCommand(),
    schemaCommand()
  ]
  for (const command of commands) {
    program.addCommand(command)
    inheritSettings(command, program)
  }
  try {
    await program.parseAsync([...argv])
  } catch (failure) {
    process.exit(explain(failure))
  }
}

/** Also the commands of a command. */
function inheritSettings(command: Command, from: Command): void {
  command.copyInheritedSettings(from)
  for (const inner of command.commands) inheritSettings(inner, command)
}

/** With its default where that says something: not for what is off, empty or without limit. */
function describeOption({ description, defaultValue }: Option): string {
  const isTold = (typeof defaultValue === 'string' || Number.isFinite(defaultValue)) && defaultValue !== ''
  return isTold ? `${description} (default: ${defaultValue})` : description
}

function explain(failure: unknown): number {
  if (failure instanceof CommanderError) {
    // Help and version end this way too; commander has printed what there is to say.
    return failure.exitCode === 0 ? EXIT.done : EXIT.usage
  }
  if (failure instanceof UserError) {
    for (const error of failure instanceof UserErrors ? failure.errors : [failure]) printError(safe(shown(error)))
    return EXIT.usage
  }
  const detail = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
  printError(safe(`linescope: this should not have happened: ${detail}`))
  return EXIT.failed
}

/** A place in a file comes first in its line: terminals and editors make a link of it. */
function shown(error: UserError): string {
  if (error.place !== undefined) return String(error)
  return String(error).replace(/^(?=.)/gm, 'linescope: ')
}
