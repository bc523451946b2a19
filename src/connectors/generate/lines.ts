// The kinds of synthetic lines. ASCII only, without line ends. What a line says depends on the seed and on how many
// came before it, never on its time.

import type { Random } from './random.ts'

export type Kind = 'app' | 'access' | 'words'

/** The text of the next line; `atMilliseconds` is the time that it shows. */
export type WriteLine = (random: Random, atMilliseconds: number) => string

export const WRITE_LINE: Readonly<Record<Kind, WriteLine>> = { app: appLine, access: accessLine, words: wordsLine }

type Message = readonly [service: string, text: (random: Random) => string]

const order = (random: Random) => random.between(1000, 9999)

const INFO: readonly Message[] = [
  ['checkout', random => `order ${order(random)} placed, ${random.between(1, 9)} items`],
  ['payment', random => `order ${order(random)} paid in ${random.between(80, 900)} ms`],
  ['session', random => `user ${random.between(100, 999)} signed in`],
  ['session', random => `user ${random.between(100, 999)} signed out`],
  ['search', random => `query "${random.pick(WORDS)} ${random.pick(WORDS)}" found ${random.between(0, 400)} products`],
  ['shipping', random => `parcel for order ${order(random)} left warehouse ${random.between(1, 4)}`],
  ['catalog', random => `refreshed ${random.between(10, 5000)} products in ${random.between(20, 700)} ms`],
  ['mail', random => `receipt for order ${order(random)} sent`]
]

const WARN: readonly Message[] = [
  ['search', random => `slow query: ${random.between(1200, 9000)} ms for "${random.pick(WORDS)}"`],
  ['payment', random => `retrying order ${order(random)}, attempt ${random.between(2, 4)}`],
  ['session', random => `user ${random.between(100, 999)} gave a wrong password ${random.between(3, 9)} times`],
  ['catalog', random => `cache is ${random.between(85, 99)} % full`],
  ['mail', random => `${random.between(50, 900)} messages are waiting`]
]

const ERROR: readonly Message[] = [
  ['payment', random => `E1042 card declined for order ${order(random)}`],
  ['payment', random => `E1017 bank did not answer within ${random.between(5, 30)} s`],
  ['shipping', random => `E2003 no address for order ${order(random)}`],
  ['catalog', random => `E3110 cannot parse price of product ${random.between(100, 999)}`],
  ['mail', random => `E4001 mailbox of user ${random.between(100, 999)} is full`],
  // Without a code, so that a pipeline has something to route elsewhere.
  ['search', random => `connection to index-${random.between(1, 3)} was reset`]
]

function appLine(random: Random, atMilliseconds: number): string {
  const share = random.next()
  const [level, messages] =
    share < 0.08 ? (['ERROR', ERROR] as const) : share < 0.22 ? (['WARN', WARN] as const) : (['INFO', INFO] as const)
  const [service, text] = random.pick(messages)
  return `${isoTime(atMilliseconds)} ${level} ${service} ${text(random)}`
}

const PATHS = ['/', '/products', '/products/17', '/cart', '/checkout', '/search?q=lamp', '/login', '/static/app.js']
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)', 'curl/8.10.1']
// Networks that are set aside for documentation: nobody's addresses.
const NETWORKS = ['192.0.2', '198.51.100', '203.0.113']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The combined log format of Apache and nginx. */
function accessLine(random: Random, atMilliseconds: number): string {
  const address = `${random.pick(NETWORKS)}.${random.between(1, 254)}`
  const path = random.pick(PATHS)
  const method = path === '/login' || path === '/checkout' ? 'POST' : 'GET'
  const share = random.next()
  const status = share < 0.02 ? random.pick([500, 502, 503]) : share < 0.08 ? random.pick([400, 403, 404]) : 200
  const bytes = status === 200 ? random.between(300, 40_000) : random.between(100, 400)
  const [year, month, day] = isoTime(atMilliseconds).split(/[-T]/) as [string, string, string]
  const time = `${day}/${MONTHS[Number(month) - 1]}/${year}:${isoTime(atMilliseconds).slice(11, 19)} +0000`
  return `${address} - - [${time}] "${method} ${path} HTTP/1.1" ${status} ${bytes} "-" "${random.pick(AGENTS)}"`
}

const WORDS = (
  'amber anchor apple autumn basket birch bottle branch bridge candle canvas cedar circle cloud copper coral cotton ' +
  'desk dune ember falcon feather field forest garden glass granite harbor hazel honey island ivory jacket kettle ' +
  'ladder lamp lantern leaf lemon linen maple marble meadow mirror needle oak ocean olive orchard paper pearl pebble ' +
  'pepper pillow pine river saddle silver slate spring stone table thread timber tower valley velvet walnut willow'
).split(' ')

function wordsLine(random: Random): string {
  return Array.from({ length: random.between(3, 12) }, () => random.pick(WORDS)).join(' ')
}

let shownAt = Number.NaN
let shown = ''

/** Many lines share a millisecond. */
function isoTime(atMilliseconds: number): string {
  const whole = Math.floor(atMilliseconds)
  if (whole !== shownAt) {
    shownAt = whole
    shown = new Date(whole).toISOString()
  }
  return shown
}
