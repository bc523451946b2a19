// Plan → behaviour: finds the definition that a processor refers to and creates one instance of it for this lane.

import { pathToFileURL } from 'node:url'

import { ownModule } from '../base/own-files.ts'
import { UserError } from '../base/user-error.ts'
import type {
  Accepts,
  Mapper,
  Process,
  ProcessorDefinition,
  ProcessorInstance,
  ProcessorSetup
} from '../sdk/processor.ts'
import type { Registry } from '../sdk/registry.ts'
import { describeError } from './errors.ts'
import type { createEmit, HotLoop, runEmitting, runMapping } from './hot-loop.ts'
import type { ComponentReference, ProcessorPlan } from './plan.ts'

export interface Behaviour {
  readonly process: Process | Mapper
  readonly isMapper: boolean
  readonly accepts: Accepts
  readonly loop: { readonly run: HotLoop; readonly createEmit: typeof createEmit }
  readonly close: () => void | Promise<void>
  /** Of a processor that keeps state: what it is now, as JSON. */
  readonly snapshot: (() => unknown) | undefined
}

// Each instance costs about 1 ms at start; processors beyond share, which costs them some inlining.
const MAX_LOOP_INSTANCES = 32

/** `restored`: the state that a predecessor had. Throws a UserError that names the processor when its module or its `create` fails. */
export async function instantiate(
  plan: ProcessorPlan,
  index: number,
  registry: Registry,
  blockThread: (milliseconds: number) => void,
  isTracing: boolean,
  restored?: { readonly state: unknown }
): Promise<Behaviour> {
  const component = await resolveComponent(plan, registry)
  const loopModule = await loadLoop(isTracing ? 'hot-loop-traced' : 'hot-loop', index % MAX_LOOP_INSTANCES)
  if (typeof component === 'function') {
    return {
      process: component,
      isMapper: true,
      accepts: 'any',
      loop: { run: loopModule.runMapping, createEmit: loopModule.createEmit },
      close: () => undefined,
      snapshot: undefined
    }
  }
  const created = create(component, plan, { name: plan.name, blockThread })
  const snapshot = statefulness(created, plan, restored)
  const isMapper = component.emits === undefined
  return {
    process: created.process,
    isMapper,
    accepts: (component.accepts as Accepts | undefined) ?? 'text',
    loop: { run: isMapper ? loopModule.runMapping : loopModule.runEmitting, createEmit: loopModule.createEmit },
    close: () => created.close?.(),
    snapshot
  }
}

/** Gives the processor its state back; returns how to ask for it. */
function statefulness(
  created: Created,
  { name }: ProcessorPlan,
  restored: { readonly state: unknown } | undefined
): (() => unknown) | undefined {
  const isStateful = created.snapshot !== undefined
  if (isStateful !== (created.restore !== undefined)) {
    throw new UserError(`processor "${name}": an instance has both snapshot() and restore(), or neither`)
  }
  if (!isStateful) return undefined
  if (restored !== undefined) {
    try {
      created.restore?.(restored.state)
    } catch (cause) {
      throw new UserError(
        `processor "${name}" does not take the state back that it had: ${describeError(cause).message}`,
        { hint: 'Start over with --fresh.', cause }
      )
    }
  }
  return () => created.snapshot?.()
}

type Created = ProcessorInstance<Process | Mapper>

function create(definition: ProcessorDefinition, plan: ProcessorPlan, setup: ProcessorSetup): Created {
  let created: unknown
  try {
    created = definition.create(plan.options, setup)
  } catch (cause) {
    throw new UserError(`processor "${plan.name}" could not be created: ${describeError(cause).message}`, { cause })
  }
  if (typeof created === 'function') return { process: created as Process | Mapper }
  if (
    typeof created === 'object' &&
    created !== null &&
    'process' in created &&
    typeof created.process === 'function'
  ) {
    const instance = created as Created
    // May be an object of a class: its methods are called on it.
    return {
      process: instance.process.bind<Process | Mapper>(instance),
      close: () => instance.close?.(),
      ...(instance.snapshot === undefined ? {} : { snapshot: () => instance.snapshot?.() }),
      ...(instance.restore === undefined ? {} : { restore: state => instance.restore?.(state) })
    }
  }
  throw new UserError(`processor "${plan.name}": create() must return a function or { process }`)
}

type Component = ProcessorDefinition | Mapper

async function resolveComponent({ name, component }: ProcessorPlan, registry: Registry): Promise<Component> {
  try {
    return await findComponent(component, registry)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(`processor "${name}" could not be loaded: ${describeError(cause).message}`, { cause })
  }
}

async function findComponent(reference: ComponentReference, registry: Registry): Promise<Component> {
  switch (reference.kind) {
    case 'builtin': {
      const definition = registry.processors.get(reference.name)
      if (definition === undefined) throw new UserError(`there is no built-in processor "${reference.name}"`)
      return definition
    }
    case 'module': {
      const module = (await import(pathToFileURL(reference.file).href)) as Record<string, unknown>
      return componentOf(module[reference.exportName], `${reference.file}#${reference.exportName}`)
    }
    case 'pipeline-module': {
      const module = (await import(pathToFileURL(reference.file).href)) as {
        default?: { processors?: Record<string, unknown> }
      }
      const processors = module.default?.processors
      const declared =
        processors === undefined ? undefined : Object.getOwnPropertyDescriptor(processors, reference.processor)?.value
      const used = typeof declared === 'object' && declared !== null && 'use' in declared ? declared.use : declared
      return componentOf(used, `processor "${reference.processor}" of ${reference.file}`)
    }
    case 'inline':
      return reference.definition as Component
  }
}

function componentOf(value: unknown, where: string): Component {
  if (typeof value === 'function') return value as Mapper
  if (typeof value === 'object' && value !== null && 'create' in value) return value as ProcessorDefinition
  throw new UserError(`${where} is neither a processor definition nor a function`)
}

interface HotLoopModule {
  readonly createEmit: typeof createEmit
  readonly runEmitting: typeof runEmitting
  readonly runMapping: typeof runMapping
}

// The query makes Node load the module again, so that every instance has type feedback of its own.
function loadLoop(name: 'hot-loop' | 'hot-loop-traced', instance: number): Promise<HotLoopModule> {
  return import(`${ownModule(`engine/${name}`).href}?instance=${instance}`) as Promise<HotLoopModule>
}
