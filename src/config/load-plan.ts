// The door to this room: a pipeline file, its text, or a pipeline object → a validated Plan.
//
// Whatever is wrong is thrown as one UserErrors with every mistake in it, in the order of the file; no other error
// leaves this room.

import { basename, dirname, extname, resolve } from 'node:path'

import { quote, quoteList } from '../base/quote.ts'
import { UserError, UserErrors } from '../base/user-error.ts'
import type { Registry } from '../sdk/registry.ts'
import { buildPlan, type LoadedPlan, type PlanArguments } from './build-plan.ts'
import type { Context } from './context.ts'
import type { Pipeline } from './define-pipeline.ts'
import { Environment } from './environment.ts'
import { importFile } from './import-module.ts'
import { jsonProblem } from './json-syntax.ts'
import { objectTree } from './object-tree.ts'
import { parseYaml } from './parse-yaml.ts'
import { Problems } from './problems.ts'
import { checkPipelineFile, formatOf, type PipelineFormat, readPipelineFile } from './read-pipeline-file.ts'
import type { ConfigNode } from './tree.ts'

export type { LoadedPlan } from './build-plan.ts'
export type { OutputArgument } from './outputs.ts'

interface CommonOptions extends PlanArguments {
  readonly registry: Registry
  /** Folder that arguments are relative to; absolute. */
  readonly currentFolder: string
  /** For `${NAME}`; the process's own by default. */
  readonly environment?: NodeJS.ProcessEnv
  /** How long a module may take to load. */
  readonly importTimeoutMilliseconds?: number
}

export interface LoadPlanOptions extends CommonOptions {
  /** Path of the pipeline as the user wrote it: `.yaml`, `.yml`, `.json`, `.ts`, `.js`. */
  readonly file: string
  /** Text of a YAML or JSON pipeline, to be taken for the content of `file`. */
  readonly source?: string
}

export interface PlanFromPipelineOptions extends CommonOptions {
  /** Name of the plan; `pipeline` by default. */
  readonly name?: string
  /** Folder that relative paths of the pipeline start from; the current folder by default. */
  readonly baseFolder?: string
}

const IMPORT_TIMEOUT_MILLISECONDS = 10_000

export async function loadPlan(options: LoadPlanOptions): Promise<LoadedPlan> {
  const { file, currentFolder } = options
  const path = resolve(currentFolder, file)
  const problems = new Problems(file)
  const format = asUserErrors(() => {
    if (options.source === undefined) checkPipelineFile(file, currentFolder)
    return formatOf(file)
  })
  const isModule = format === 'module'
  const context = contextOf(options, problems, dirname(path), isModule ? path : undefined)
  const tree = isModule
    ? await moduleTree(file, path, context)
    : textTree(options.source ?? asUserErrors(() => readPipelineFile(file, currentFolder)), file, format, problems)
  problems.throwIfAny()
  return buildPlan(tree!, { name: basename(path, extname(path)), file: path }, options, context)
}

/** For a pipeline that is an object in the caller's own program. */
export async function planFromPipeline(pipeline: Pipeline, options: PlanFromPipelineOptions): Promise<LoadedPlan> {
  const { name = 'pipeline', currentFolder, baseFolder = currentFolder } = options
  const problems = new Problems(name)
  const context = contextOf(options, problems, baseFolder, undefined)
  const tree = objectTree(pipeline, problems)
  problems.throwIfAny()
  return buildPlan(tree, { name, file: undefined }, options, context)
}

function contextOf(
  options: CommonOptions,
  problems: Problems,
  baseFolder: string,
  pipelineModule: string | undefined
): Context {
  return {
    problems,
    environment: new Environment(options.environment ?? process.env, problems),
    registry: options.registry,
    baseFolder,
    currentFolder: options.currentFolder,
    pipelineModule,
    importTimeoutMilliseconds: options.importTimeoutMilliseconds ?? IMPORT_TIMEOUT_MILLISECONDS,
    moduleFiles: new Set()
  }
}

function textTree(text: string, file: string, format: PipelineFormat, problems: Problems): ConfigNode | undefined {
  const broken = format === 'json' && text.trim() !== '' ? jsonProblem(text) : undefined
  if (broken === undefined) return parseYaml(text, file, problems)
  const before = text.slice(0, broken.offset)
  const line = before.split('\n').length
  const place = { file, line, column: broken.offset - before.lastIndexOf('\n') }
  problems.add({ place, path: '' }, broken.message, broken.hint)
  return undefined
}

async function moduleTree(file: string, path: string, context: Context): Promise<ConfigNode | undefined> {
  const { problems, currentFolder, importTimeoutMilliseconds: timeoutMilliseconds } = context
  let exports: Readonly<Record<string, unknown>>
  try {
    exports = await importFile(path, file, { currentFolder, timeoutMilliseconds })
  } catch (error) {
    throw asOne(error)
  }
  context.moduleFiles.add(path)
  const { default: pipeline } = exports
  if (pipeline !== undefined) return objectTree(pipeline, problems)
  const names = Object.keys(exports)
  const hint = 'Write export default definePipeline({ … }).'
  const found = names.length === 0 ? 'nothing' : `only ${quoteList(names)}`
  problems.add(undefined, `${quote(file)} has no default export; it exports ${found}`, hint)
  return undefined
}

function asUserErrors<Value>(action: () => Value): Value {
  try {
    return action()
  } catch (error) {
    throw asOne(error)
  }
}

function asOne(error: unknown): unknown {
  return error instanceof UserError && !(error instanceof UserErrors) ? new UserErrors([error]) : error
}
