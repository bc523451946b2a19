// What a file system means for what is written to it.

import type { Mount } from './mounts.ts'

export type Kind = 'disk' | 'memory' | 'container' | 'network' | 'foreign' | 'unknown'

const KINDS: Readonly<Record<Exclude<Kind, 'unknown'>, readonly string[]>> = {
  disk: ['apfs', 'bcachefs', 'btrfs', 'ext2', 'ext3', 'ext4', 'f2fs', 'jfs', 'reiserfs', 'xfs', 'zfs'],
  memory: ['devtmpfs', 'hugetlbfs', 'ramfs', 'rootfs', 'tmpfs'],
  container: ['aufs', 'overlay', 'overlayfs', 'unionfs'],
  network: ['9p', 'afs', 'beegfs', 'ceph', 'cifs', 'glusterfs', 'gpfs', 'lustre', 'nfs', 'nfs4', 'smb3', 'smbfs'],
  // Without the inodes, links or permissions that the state relies on, or through a program that may do as it likes.
  foreign: ['exfat', 'fuse', 'fuseblk', 'hfsplus', 'msdos', 'ntfs', 'ntfs3', 'vboxsf', 'vfat', 'virtiofs', 'vmhgfs']
}

export function kindOf({ type }: Mount): Kind {
  for (const [kind, types] of Object.entries(KINDS)) if (types.includes(type)) return kind as Kind
  return type.startsWith('fuse.') ? 'foreign' : 'unknown'
}

export interface Meaning {
  readonly level: 'ok' | 'note' | 'warning'
  readonly text: string
  readonly advice?: string
}

/** For what must last: the state and the outputs. */
export function meaningForWriting(mount: Mount): Meaning {
  const careless = withoutBarriers(mount)
  if (careless !== undefined) {
    const text = `It is mounted with ${careless}: what was synced may be gone after a power failure.`
    return { level: 'warning', text, advice: `Mount it without ${careless}.` }
  }
  switch (kindOf(mount)) {
    case 'disk':
      return { level: 'ok', text: 'What was synced lasts.' }
    case 'memory':
      return {
        level: 'warning',
        text: 'It is in memory: it outlives the process, and is gone when the machine restarts.',
        advice: 'Put it on a disk if it is to outlast the machine.'
      }
    case 'container':
      return {
        level: 'warning',
        text: "It is the container's own layer: it outlives the process, and is gone with the container.",
        advice: 'Put it on a volume.'
      }
    case 'network':
      return {
        level: 'warning',
        text: "It is on the network: syncs and locks are as good as its server, and a second machine's run may not be seen.",
        advice: 'Put it on a disk of this machine.'
      }
    case 'foreign':
      return {
        level: 'warning',
        text: 'Here inodes, links and permissions may not be what they are on a disk of Linux: a file may not be known again after a restart.',
        advice: 'Put it on a file system like ext4, xfs or btrfs.'
      }
    case 'unknown':
      return { level: 'note', text: 'It is not known here whether what was synced lasts.' }
  }
}

/** For an input, which only has to be known again, and to be still there. */
export function meaningForReading(mount: Mount): Meaning {
  switch (kindOf(mount)) {
    case 'memory':
      return { level: 'note', text: 'It is in memory: after a restart of the machine there is nothing to go on with.' }
    case 'network':
    case 'foreign':
      return {
        level: 'note',
        text: 'After it was mounted anew a file may have another inode: a run that is to go on may be refused then.'
      }
    default:
      return { level: 'ok', text: 'It can be read again from any place.' }
  }
}

function withoutBarriers({ options }: Mount): string | undefined {
  const careless = ['nobarrier', 'barrier=0', 'fsync_mode=nobarrier']
  return options.find(option => careless.includes(option))
}
