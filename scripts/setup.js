// Makes a checkout ready to run on a machine that has only Node 20 (or newer) and npm.
//
// Plain JavaScript for Node 20, built-in modules only: it runs before anything is installed. When there is nothing to
// do it looks at two files and says nothing. What it does, it says on stderr, because stdout may carry lines.

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { endLike, runChild } from './child.js'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const CACHE = join(ROOT, '.cache')

const NEEDED_MAJOR = 24
const NODE_VERSION = '24.21.0'
const NODE_PACKAGES = ['linux-x64', 'linux-arm64', 'win-x64']

const LOCK_MAXIMUM_AGE_MILLISECONDS = 15 * 60_000

const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/

/** A failure that is said in plain words and ends the setup with exit code 2. */
class SetupError extends Error {}

/**
 * Installs what is missing.
 * @returns {Promise<{ node: string, environment: NodeJS.ProcessEnv }>} the Node to go on with, and an environment whose
 * PATH begins with it.
 */
export async function prepare() {
  try {
    if (!arePackagesFresh() || nodeToUse() === undefined) {
      await alone(async () => {
        if (!arePackagesFresh()) await installPackages()
        if (nodeToUse() === undefined) await fetchNode()
      })
    }
    const node = nodeToUse()
    const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter)
    return { node, environment: { ...process.env, PATH: path } }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(error.message)
    process.exit(2)
  }
}

function arePackagesFresh() {
  // npm writes this file last, so an installation that was cut off does not count.
  const installed = statSync(join(ROOT, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false })
  const wanted = statSync(join(ROOT, 'package-lock.json'))
  return installed !== undefined && installed.mtimeMs >= wanted.mtimeMs
}

async function installPackages() {
  const done = begin('installing the packages (npm ci)')
  await npm(['ci', '--include=dev', '--ignore-scripts', '--engine-strict=false'], 'The packages could not be installed')
  done()
}

/** The running Node when it is new enough, else the fetched one, else undefined. */
function nodeToUse() {
  if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) return process.execPath
  const { packageName, executable } = fetchedNode()
  if (!existsSync(executable)) return undefined
  const manifest = join(CACHE, 'node', 'node_modules', packageName, 'package.json')
  return JSON.parse(readFileSync(manifest, 'utf8')).version === NODE_VERSION ? executable : undefined
}

function fetchedNode() {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const packageName = NODE_PACKAGES.includes(platform) ? `node-${platform}` : 'node'
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  return { packageName, executable: join(CACHE, 'node', 'node_modules', packageName, 'bin', file) }
}

async function fetchNode() {
  const { packageName, executable } = fetchedNode()
  const folder = join(CACHE, 'node')
  const failure = `Linescope needs Node ${NEEDED_MAJOR} or newer, this is Node ${process.versions.node}, and Node ${NODE_VERSION} could not be fetched`
  const done = begin(`fetching Node ${NODE_VERSION}, because this is Node ${process.versions.node}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  // With a package.json of its own, npm keeps out of ours.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  await npm(
    // The package `node` (for other platforms) finds its executable in an install script.
    ['install', '--prefix', folder, '--no-save', '--ignore-scripts=false', `${packageName}@${NODE_VERSION}`],
    failure
  )
  const check = await runChild(executable, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] }).catch(error => error)
  if (check.code !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new SetupError(`${failure}: it does not run here. Install Node ${NEEDED_MAJOR} from https://nodejs.org.`)
  }
  done()
}

/** Runs npm as the user set it up: their registry, their proxy, their certificates. */
async function npm(args, failure) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--fetch-retry-mintimeout=1000']
  const options = { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] }
  const started = process.env.npm_execpath
  const result = await (started !== undefined && basename(started) === 'npm-cli.js'
    ? runChild(process.execPath, [started, ...args, ...quiet], options)
    : runChild('npm', [...args, ...quiet], { ...options, shell: process.platform === 'win32' })
  ).catch(error => {
    throw new SetupError(`${failure}: npm does not start (${error.message}). Install npm and run this again.`)
  })
  if (result.code === 0) return
  if (result.signal !== null) return endLike(result)
  const unreachable = NO_NETWORK.exec(result.output)
  if (unreachable !== null) {
    const advice = 'Connect to the network, or name a registry that you can reach (npm config set registry URL)'
    throw new SetupError(
      `${failure}: the npm registry cannot be reached (${unreachable[0]}). ${advice}, and run this again.`
    )
  }
  process.stderr.write(result.output)
  throw new SetupError(`${failure}: npm ended with exit code ${result.code}; its words are above.`)
}

/** Two setups at once (`npm start` here, `npm test` there) would install into each other: the second one waits. */
async function alone(work) {
  mkdirSync(CACHE, { recursive: true })
  const file = join(CACHE, 'setup.lock')
  let isWaiting = false
  while (!tryToTake(file)) {
    if (!isWaiting) say('waiting for another setup in this folder')
    isWaiting = true
    await sleep(250)
  }
  try {
    await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function tryToTake(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isHolderAlive(file)) rmSync(file, { force: true })
    return false
  }
}

function isHolderAlive(file) {
  try {
    // A process id is used again some day, so an old lock is nobody's.
    if (Date.now() - statSync(file).mtimeMs > LOCK_MAXIMUM_AGE_MILLISECONDS) return false
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function begin(what) {
  const startedAt = performance.now()
  say(`${what} …`)
  return () => say(`done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}
