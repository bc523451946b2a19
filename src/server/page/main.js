// Asks twice a second while the page is in view, and shows the answers.

import { element, setContent, setHidden, setText } from './elements.js'
import { bytes, elapsed, percent, visible } from './format.js'
import { showErrors, showJourneys } from './lists.js'
import { prepareTable, showFigures, showLedger, showNodes } from './numbers.js'
import { voiceOf } from './voice.js'

const PERIOD_MILLISECONDS = 500
const PATIENCE_MILLISECONDS = 3_000
const SHOWN_LINES = 20

const at = id => document.getElementById(id)
const journeyParts = { list: at('journeys'), note: at('journeys-note'), empty: at('journeys-empty') }
const errorParts = { list: at('errors'), note: at('errors-note'), empty: at('errors-empty') }

let stats
let lost
let lastAnswerAt = new Date()

async function ask(path) {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.message)
  return answer
}

async function turn() {
  let answers
  try {
    answers = await Promise.all([
      ask('/stats'),
      ask(`/trace?limit=${SHOWN_LINES}`),
      ask(`/errors?limit=${SHOWN_LINES}`)
    ])
    lost = undefined
    lastAnswerAt = new Date()
  } catch (error) {
    // `Failed to fetch` says nothing to a person; a refusal of the server does.
    const isSilence = error instanceof TypeError || error.name === 'TimeoutError'
    lost = { since: lastAnswerAt, reason: isSilence ? 'The process may have ended.' : error.message }
  }
  if (answers !== undefined) showAll(...answers)
  showVoice()
}

function showAll(newStats, traces, errors) {
  stats = newStats
  showFigures(at('figures'), stats)
  showLedger(at('ledger'), at('unaccounted'), stats)
  showNodes(at('nodes'), stats)
  const isEstimated = stats.processors.some(processor => processor.is_estimate)
  setText(at('processors-note'), isEstimated ? '≈ estimated from a sample of the lines' : '')
  showJourneys(journeyParts, traces)
  showErrors(errorParts, errors)
  showProgress()
}

function showVoice() {
  const voice = voiceOf(stats, lost)
  at('voice').className = `voice voice--${voice.tone}`
  at('voice-mark').setAttribute('href', `#i-${voice.mark}`)
  setContent(at('voice-sentence'), JSON.stringify(voice.sentence), () => voice.sentence.map(part))
  setText(at('voice-more'), visible(voice.more))
  document.body.classList.toggle('is-stale', voice.isStale)
  // Read out when what matters changes, not with every number.
  if (at('announcement').kind !== voice.kind) {
    at('announcement').kind = voice.kind
    setText(at('announcement'), at('voice-sentence').textContent)
  }
  showState()
}

function part(piece) {
  if (typeof piece === 'string') return piece
  return piece.name === undefined ? element('b', piece.strong) : element('code.name', visible(piece.name))
}

const STATE_WORDS = {
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  stopping: 'Stopping',
  finished: 'Finished',
  failed: 'Failed',
  crashed: 'Crashed'
}

function showState() {
  const isLost = lost !== undefined
  const state = isLost ? 'lost' : (stats?.state ?? 'starting')
  at('state').className = `state state--${state}`
  setText(at('state-word'), isLost ? 'No answer' : stats === undefined ? 'Connecting' : STATE_WORDS[state])
  setText(at('state-time'), isLost || stats === undefined ? '' : elapsed(stats.uptime_seconds))
  if (stats?.stored) setText(at('state-word'), isLost ? 'No answer' : `Over: ${STATE_WORDS[state].toLowerCase()}`)
  if (stats === undefined) return
  const pipeline = visible(stats.pipeline)
  setText(at('pipeline'), pipeline)
  document.title = `${isLost ? 'No answer' : STATE_WORDS[state]} · ${pipeline} · Linescope`
}

function showProgress() {
  const { bytes: done, total_bytes: total } = stats.input
  const isKnown = total !== null && total > 0
  setHidden(at('progress'), !isKnown)
  if (!isKnown) return
  const share = Math.min(1, done / total)
  setText(at('progress-share'), `${percent(share)} of the input`)
  setText(at('progress-bytes'), `${bytes(done)} of ${bytes(total)}`)
  at('progress-meter').setAttribute('aria-valuenow', String(Math.round(share * 100)))
  at('progress-meter').firstElementChild.style.width = `${share * 100}%`
}

function applyTheme(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
}

function switchTheme() {
  const isDark =
    getComputedStyle(document.documentElement).colorScheme === 'dark' ||
    (document.documentElement.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches)
  const theme = isDark ? 'light' : 'dark'
  applyTheme(theme)
  try {
    localStorage.setItem('theme', theme)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

try {
  applyTheme(localStorage.getItem('theme'))
} catch {
  // As above.
}
at('theme').addEventListener('click', switchTheme)
prepareTable(at('node-table'))

for (;;) {
  if (!document.hidden) await turn()
  await new Promise(resolve => setTimeout(resolve, PERIOD_MILLISECONDS))
}
