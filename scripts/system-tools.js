// What the tests need beside npm. On Debian, as root, it is installed; elsewhere it is said what to install.
//
// With CI=true a missing one ends the tests: nothing is passed over without a word there.

import { spawnSync } from 'node:child_process'

/** Command → package of Debian. */
const TOOLS = {
  strace: 'strace',
  dot: 'graphviz',
  tmux: 'tmux',
  prometheus: 'prometheus',
  promtool: 'prometheus'
}

/** Returns nothing; ends the process when CI=true and something is missing. */
export function installSystemTools() {
  if (process.platform !== 'linux') return
  const missing = Object.keys(TOOLS).filter(isMissing)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(tool => TOOLS[tool]))]
  if (process.getuid() === 0 && !isMissing('apt-get')) install(packages)
  const left = missing.filter(isMissing)
  if (left.length === 0) return
  process.stderr.write(
    `The tests need ${left.join(', ')}: install ${packages.join(' ')} (apt-get install on Debian).\n`
  )
  if (process.env['CI'] === 'true') process.exit(1)
}

function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] }
  process.stderr.write(`Installing ${packages.join(' ')}…\n`)
  const add = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options).status === 0
  // The list of packages may be missing, as in a new container, or old.
  if (!add()) {
    spawnSync('apt-get', ['update'], options)
    add()
  }
  // The tests start its program themselves; where systemd runs, the package has started it as a service.
  if (packages.includes('prometheus') && !isMissing('systemctl')) {
    spawnSync('systemctl', ['disable', '--now', 'prometheus'], { stdio: 'ignore' })
  }
}

function isMissing(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status !== 0
}
