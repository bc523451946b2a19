// What is masked where a command shows what a run has left: as the pipeline says, or as the run has noted in its state
// folder. Where less is masked than the run did, or more, that is said.

import { quoteList } from '../../base/quote.ts'
import { DEFAULT_REDACTION, type Redaction } from '../../base/redaction.ts'
import { valuesToMask } from '../../config/environment.ts'
import { readMasks } from '../../state/masks.ts'
import { printError, safe } from '../output.ts'

export interface Masks {
  readonly secrets: readonly string[]
  readonly redaction: Redaction | undefined
}

/** `shownAs`: the folder as a person would write it. */
export async function masksFor(pipeline: string | undefined, stateFolder: string, shownAs: string): Promise<Masks> {
  if (pipeline === undefined) return storedMasks(stateFolder, shownAs)
  try {
    // What loads a pipeline takes longer to start than all else here.
    const [{ builtins }, { loadPlan }] = await Promise.all([
      import('../../builtins.ts'),
      import('../../config/load-plan.ts')
    ])
    const plan = { file: pipeline, registry: builtins, currentFolder: process.cwd(), inputFromCaller: true }
    const loaded = await loadPlan(plan)
    return { secrets: loaded.secrets, redaction: loaded.plan.redaction }
  } catch (failure) {
    // That it cannot be loaded any more is no reason not to show what it left.
    const [reason] = String(failure).split('\n')
    warn(`the pipeline cannot be loaded, so what its last run masked is masked here: ${reason}`)
    return storedMasks(stateFolder, shownAs)
  }
}

function storedMasks(stateFolder: string, shownAs: string): Masks {
  const stored = readMasks(stateFolder)
  if (stored === 'none') {
    warn(
      `nothing in ${shownAs} says what its run masked, so only what is masked by default is: no patterns of its ` +
        'pipeline, no values from the environment, no "payloads: off". Name the pipeline to have these heeded.'
    )
    return { secrets: [], redaction: undefined }
  }
  if (stored === 'damaged') {
    warn(`${shownAs}/masks.json cannot be read, so lines are not shown at all. Name the pipeline to see them.`)
    return { secrets: [], redaction: { ...DEFAULT_REDACTION, showsPayloads: false } }
  }
  const { redaction, variables, patternsLeftOut } = stored
  const unset = variables.filter(name => (process.env[name] ?? '') === '')
  if (unset.length > 0) {
    const [value, variable, is] = unset.length === 1 ? ['value', 'variable', 'is'] : ['values', 'variables', 'are']
    warn(`the ${value} of the ${variable} ${quoteList(unset)} cannot be masked, which ${is} not set here`)
  }
  if (patternsLeftOut > 0) {
    warn('some patterns of "redaction" hold values from the environment, and are known with the pipeline only: name it')
  }
  const values = variables.map(name => process.env[name] ?? '')
  return { secrets: valuesToMask(values), redaction }
}

function warn(text: string): void {
  printError(safe(`warning: ${text}`))
}
