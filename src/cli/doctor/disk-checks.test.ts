import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { temporaryFolder } from '../../state/state-fixtures.ts'
import {
  checkInputDisk,
  checkOutputDisk,
  checkStateDisk,
  describeNames,
  describeSpace,
  describeSyncs
} from './disk-checks.ts'
import { kindOf, meaningForReading, meaningForWriting } from './file-system-kinds.ts'
import { type Mount, mountOf, parseMounts } from './mounts.ts'
import { type Probe, probeFolder } from './probe.ts'

const PROBE: Probe = {
  syncSeconds: [0.001, 0.002, 0.003],
  commitSeconds: 0.004,
  linkFailure: undefined,
  folderSyncFailure: undefined
}

function mount(type: string, options = 'rw'): Mount {
  return { device: '/dev/x', folder: '/', type, options: options.split(',') }
}

describe('doctor finds the file system of a path', () => {
  test('by the longest folder above it, and of two at one place by the later', t => {
    const folder = temporaryFolder(t)
    const spaced = join(folder, 'a b')
    mkdirSync(join(spaced, 'c'), { recursive: true })
    symlinkSync(spaced, join(folder, 'link'))
    const text = `/dev/vda / ext4 rw,relatime 0 0
tmpfs ${folder} tmpfs rw 0 0
server:/x ${folder}/a\\040b nfs4 rw,vers=4.2 0 0
over ${folder} overlay rw 0 0
`
    const typeOf = (path: string) => mountOf(parseMounts(text), path)?.type
    assert.equal(typeOf('/'), 'ext4')
    assert.equal(typeOf(`${folder}-not`), 'ext4')
    assert.equal(typeOf(join(folder, 'not', 'there')), 'overlay')
    assert.equal(typeOf(join(spaced, 'c', 'not there')), 'nfs4')
    assert.equal(typeOf(join(folder, 'link', 'c')), 'nfs4')
    assert.equal(mountOf([], folder), undefined)
  })

  test('and says what it means for what is written', () => {
    const levels = ['ext4', 'xfs', 'zfs', 'tmpfs', 'overlay', 'nfs4', '9p', 'fuse.sshfs', 'vfat', 'newfs'].map(
      type => meaningForWriting(mount(type)).level
    )
    assert.deepEqual(levels, ['ok', 'ok', 'ok', ...Array(6).fill('warning'), 'note'])
    assert.match(meaningForWriting(mount('tmpfs')).text, /gone when the machine restarts/)
    assert.match(meaningForWriting(mount('overlay')).advice ?? '', /volume/)
    assert.match(meaningForWriting(mount('ext4', 'rw,nobarrier')).text, /nobarrier.*gone after a power failure/)
    assert.equal(meaningForReading(mount('ext4')).level, 'ok')
    assert.equal(meaningForReading(mount('nfs')).level, 'note')
    assert.equal(kindOf(mount('fuse.anything')), 'foreign')
  })
})

describe('doctor says of a disk', () => {
  test('that one which answers too fast may not wait for the medium', () => {
    const fast = describeSyncs({ ...PROBE, syncSeconds: [15e-6, 20e-6, 90e-6] }, false)
    assert.equal(fast.level, 'note')
    assert.match(fast.text, /^A sync takes 20\.0 µs \(worst of 3: 90\.0 µs\).*may not wait for the medium\.$/)
    assert.equal(describeSyncs({ ...PROBE, syncSeconds: [1e-6] }, true).level, 'ok')
    assert.equal(describeSyncs(PROBE, false).level, 'ok')
    assert.match(describeSyncs({ ...PROBE, syncSeconds: [0.2, 0.2, 2] }, false).text, /A slow disk/)
  })

  test('that it has no second names, or does not sync folders', () => {
    assert.deepEqual(
      describeNames(PROBE).map(({ level }) => level),
      ['ok']
    )
    assert.equal(describeNames({ ...PROBE, linkFailure: 'operation not permitted (EPERM)' })[0]?.level, 'note')
    assert.equal(describeNames({ ...PROBE, folderSyncFailure: 'invalid argument (EINVAL)' })[0]?.level, 'warning')
  })

  test('that there is too little room for bytes or for files', () => {
    const room = (freeBytes: number, freeInodes = 1e6, inodes = 1e7) =>
      describeSpace('out.log', { bavail: freeBytes / 4096, bsize: 4096, files: inodes, ffree: freeInodes }, 1e9)
    assert.equal(room(1e12).level, 'ok')
    assert.equal(room(5e8).level, 'note')
    assert.match(room(1e7).text, /^10\.0 MB where out\.log lies: less than the 67\.1 MB/)
    assert.deepEqual([room(1e12, 5).level, room(1e12, 0, 0).level], ['warning', 'ok'])
  })

  test('what it has measured, and leaves nothing behind', t => {
    const folder = temporaryFolder(t)
    const { syncSeconds, commitSeconds, linkFailure, folderSyncFailure } = probeFolder(join(folder, 'a', 'b'))
    assert.ok(syncSeconds.length > 0 && syncSeconds.every(seconds => seconds >= 0) && commitSeconds > 0)
    assert.deepEqual([linkFailure, folderSyncFailure], [undefined, undefined])
    assert.deepEqual(readdirSync(folder), [])
    writeFileSync(join(folder, 'mine'), '')
    probeFolder(folder)
    assert.deepEqual(readdirSync(folder), ['mine'])
  })

  test('that nothing can be written, or read, there', t => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'in.log')
    const name = 'input in.log'
    assert.equal(checkInputDisk({ name, path: file }, false, []).level, 'broken')
    assert.equal(checkInputDisk({ name, path: file }, true, []).level, 'note')
    writeFileSync(file, 'x')
    assert.equal(checkInputDisk({ name, path: file }, false, [mount('ext4')]).level, 'ok')
    assert.match(checkStateDisk(join(file, 'state'), [])[0]?.text ?? '', /^Nothing can be written in .*\(ENOTDIR\)/)
    assert.equal(checkOutputDisk({ name, path: join(folder, 'no', 'out.log') }, []).level, 'broken')
    assert.equal(checkOutputDisk({ name, path: '/dev/null' }, []).level, 'note')
    assert.equal(checkOutputDisk({ name, path: join(folder, 'out.log') }, [mount('tmpfs')]).level, 'warning')
    rmSync(file)
  })
})
