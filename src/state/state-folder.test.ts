import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from './state-fixtures.ts'
import { openStateFolder, type RunIdentity, stateFolderPath } from './state-folder.ts'

const RUN: RunIdentity = {
  pipelineName: 'access',
  pipelineFile: '/pipelines/access.yaml',
  sources: ['file:/logs/access.log'],
  sinks: ['end=file:/logs/out.log']
}

const noModes = process.platform === 'win32' ? 'Windows has no modes' : false

function nameOf(changes: Partial<RunIdentity>): string {
  return basename(stateFolderPath('.linescope', { ...RUN, ...changes }))
}

describe('the place of a state folder', () => {
  test('is the name of the pipeline and a hash, the same for the same run', () => {
    assert.match(nameOf({}), /^access-[0-9a-f]{8}$/)
    assert.equal(nameOf({}), nameOf({}))
    assert.equal(stateFolderPath('.linescope', RUN), join('.linescope', nameOf({})))
  })

  test('is another one for another path, source or sink', () => {
    const others: Partial<RunIdentity>[] = [
      { pipelineFile: '/pipelines/other.yaml' },
      { pipelineFile: undefined },
      { sources: [] },
      { sources: ['file:/logs/access.log', 'stdin'] },
      { sinks: ['file:/logs/access.log'] },
      // Not the same when a list is cut elsewhere.
      { sources: [...RUN.sources, ...RUN.sinks], sinks: [] }
    ]
    const names = [{}, ...others].map(nameOf)

    assert.equal(new Set(names).size, names.length)
  })

  test('is one folder name that is safe everywhere, whatever the pipeline is called', () => {
    const names = [
      '../../etc',
      'a/b\\c',
      '.hidden',
      '-rf',
      'CON',
      '',
      ' ',
      '\u0000',
      '__proto__',
      'a: b?*"<>|',
      '\u{1f600}'
    ]
    for (const pipelineName of [...names, 'x'.repeat(500), '\u5b57'.repeat(500)]) {
      const name = nameOf({ pipelineName })
      assert.match(name, /^[\p{L}\p{N}][\p{L}\p{N}_-]*-[0-9a-f]{8}$/u, pipelineName)
      assert.ok(Buffer.byteLength(name) < 200)
    }
    assert.match(nameOf({ pipelineName: 'my pipeline (2)' }), /^my_pipeline_2-/)
    assert.match(nameOf({ pipelineName: 'Zugriffe f\u00fcr M\u00e4rz' }), /^Zugriffe_f\u00fcr_M\u00e4rz-/)
    assert.match(nameOf({ pipelineName: '' }), /^pipeline-/)
  })
})

describe('opening a state folder', () => {
  for (const umask of [0o000, 0o022, 0o277]) {
    test(`makes it private with a umask of ${umask.toString(8)}`, { skip: noModes }, t => {
      const root = temporaryFolder(t)
      const before = process.umask(umask)
      t.after(() => process.umask(before))
      const folder = join(root, 'a', '.linescope', 'run-1')
      openStateFolder(folder)

      for (const path of ['a', 'a/.linescope', 'a/.linescope/run-1']) {
        assert.equal(statSync(join(root, path)).mode & 0o777, 0o700, path)
      }
      assert.equal(statSync(join(folder, '.gitignore')).mode & 0o777, 0o600)
    })
  }

  test('hides it from git and nothing else, also when it was there', t => {
    const root = temporaryFolder(t)
    const folder = join(root, 'run-1')
    openStateFolder(folder)
    writeFileSync(join(folder, 'kept'), 'kept')
    openStateFolder(folder)

    assert.equal(readFileSync(join(folder, '.gitignore'), 'utf8'), '*\n')
    assert.deepEqual(readdirSync(folder).sort(), ['.gitignore', 'kept'])
    assert.deepEqual(readdirSync(root), ['run-1'])
  })

  test("closes an own folder that was open, and leaves the user's folder above as it is", { skip: noModes }, t => {
    const root = temporaryFolder(t)
    chmodSync(root, 0o755)
    mkdirSync(join(root, 'run-1'), { mode: 0o755 })
    openStateFolder(join(root, 'run-1'))

    assert.equal(statSync(join(root, 'run-1')).mode & 0o777, 0o700)
    assert.equal(statSync(root).mode & 0o777, 0o755)
  })

  test('says what is in the way and what to do', t => {
    const root = temporaryFolder(t)
    writeFileSync(join(root, 'file'), '')

    assert.throws(() => openStateFolder(join(root, 'file', 'run-1')), {
      name: 'UserError',
      message: /^The state folder .*run-1 cannot be used: not a directory \(ENOTDIR\)\.$/,
      hint: 'Name another place with --state DIR.'
    })
  })
})
