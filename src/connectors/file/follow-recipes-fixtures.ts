// What happens to log files while somebody follows them. Each recipe promises: each line once, in order, unmixed;
// where a file may lose its end to anybody, the recipe says so.

import fs from 'node:fs'

import type { Play, Recipe } from './follow-play-fixtures.ts'
import { STOPPED_RECIPES } from './follow-stopped-recipes-fixtures.ts'
import { TRUNCATE_RECIPES } from './follow-truncate-recipes-fixtures.ts'
import type { LogWorld } from './follow-world-fixtures.ts'

const APP = 'app.log'

async function write({ world, some }: Play, name = APP, times = 3): Promise<void> {
  for (let left = times; left > 0; left--) {
    world.append(name)
    await some()
  }
}

function withApp(world: LogWorld): void {
  world.create(APP)
  world.append(APP, 3)
}

/** A writer of one line in two pieces. */
async function inPieces({ world, some }: Play, name: string): Promise<void> {
  const line = world.line()
  const cut = world.pick(line.length)
  world.text(name, line.slice(0, cut))
  await some()
  world.text(name, line.slice(cut))
  await some()
}

const RUNNING_RECIPES: readonly Recipe[] = [
  {
    name: 'renamed and created anew, three times [C1]',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 3; turn++) {
        await write(play)
        await play.seen()
        await write(play)
        play.world.rotate(APP, `${APP}.${turn}`)
        await play.some()
        play.world.create(APP)
      }
      await write(play)
    }
  },
  {
    name: 'written on after it was renamed, until the writer turns to the new one',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      const old = play.world.writer(APP)
      play.world.rotate(APP, 'app.log.1')
      old.append()
      await play.some()
      play.world.create(APP)
      for (let turn = 0; turn < 3; turn++) {
        old.append()
        await write(play, APP, 1)
      }
      old.close()
    }
  },
  {
    name: 'renamed, and for a long time nothing takes its place',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      const old = play.world.writer(APP)
      play.world.rotate(APP, 'app.log.1')
      for (let turn = 0; turn < 3; turn++) {
        for (let quiet = 0; quiet < 3; quiet++) await play.seen()
        old.append()
      }
      play.world.create(APP)
      await write(play)
      old.close()
    }
  },
  {
    name: 'replaced at one instant by a file that was written before',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      await write(play)
      play.world.create('app.new')
      play.world.append('app.new', 4)
      play.world.rename('app.new', APP)
      await write(play)
    }
  },
  {
    name: 'a chain of renames under a glob that takes them all [C2]',
    paths: ['app.log*'],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 4; turn++) {
        await write(play)
        for (let older = turn; older > 0; older--) play.world.rename(`${APP}.${older}`, `${APP}.${older + 1}`)
        play.world.rename(APP, `${APP}.1`)
        await play.some()
        play.world.create(APP)
      }
      await write(play)
    }
  },
  {
    name: 'renamed to another folder and deleted there',
    paths: [APP],
    before: withApp,
    async play(play) {
      fs.mkdirSync(play.world.path('old'))
      await play.seen()
      await write(play)
      play.world.rotate(APP, 'old/app.log')
      await play.some()
      fs.unlinkSync(play.world.path('old/app.log'))
      play.world.create(APP)
      await write(play)
    }
  },
  {
    name: 'deleted and made anew, also with the end of a line missing [C15]',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 3; turn++) {
        await write(play)
        play.world.text(APP, `half a line ${turn}`)
        await play.seen()
        play.world.remove(APP)
        await play.some()
        play.world.create(APP)
        play.world.append(APP)
      }
    }
  },
  {
    name: 'written on after it was deleted',
    paths: [APP],
    before: withApp,
    async play(play) {
      await play.seen()
      const old = play.world.writer(APP)
      play.world.remove(APP)
      for (let turn = 0; turn < 5; turn++) {
        old.append()
        await play.some()
      }
      old.close()
    }
  },
  {
    name: 'not there at the start, nor its folder',
    paths: ['later/deep/app.log', 'later/*.txt'],
    async play(play) {
      await play.some()
      fs.mkdirSync(play.world.path('later/deep'), { recursive: true })
      await play.some()
      play.world.create('later/deep/app.log')
      play.world.create('later/a.txt')
      await write(play, 'later/deep/app.log')
      await write(play, 'later/a.txt')
    }
  },
  {
    name: 'its folder renamed away and made anew [C11]',
    paths: ['logs/app.log', 'logs/*.txt'],
    before(world) {
      fs.mkdirSync(world.path('logs'))
      for (const name of ['logs/app.log', 'logs/b.txt']) {
        world.create(name)
        world.append(name)
      }
    },
    async play(play) {
      const { world } = play
      await play.seen()
      for (const name of ['logs/app.log', 'logs/b.txt']) world.of(name).isOver = true
      fs.renameSync(world.path('logs'), world.path('gone'))
      await play.some()
      fs.mkdirSync(world.path('logs'))
      await play.some()
      for (const name of ['logs/app.log', 'logs/b.txt']) {
        world.create(name)
        await write(play, name)
      }
    }
  },
  {
    name: 'files that appear under globs, in folders that appear',
    paths: ['**/*.log'],
    async play(play) {
      for (const name of ['a.log', 'b.log', 'x/c.log', 'x/y/d.log']) {
        fs.mkdirSync(play.world.path(name).replace(/\/[^/]*$/, ''), { recursive: true })
        play.world.create(name)
        await write(play, name, 2)
      }
      for (const name of ['a.log', 'x/y/d.log']) await write(play, name, 2)
    }
  },
  {
    name: 'a link that is pointed elsewhere [C8]',
    paths: ['current'],
    before(world) {
      world.create('one.log')
      world.append('one.log')
      fs.symlinkSync('one.log', world.path('current'))
    },
    async play(play) {
      const { world } = play
      await play.seen()
      await write(play, 'one.log')
      world.create('two.log')
      await write(play, 'two.log')
      world.of('one.log').isOver = true
      fs.symlinkSync('two.log', world.path('next'))
      fs.renameSync(world.path('next'), world.path('current'))
      await write(play, 'two.log')
    }
  },
  {
    name: 'a link to a file that is rotated in another folder',
    paths: ['link.log'],
    before(world) {
      fs.mkdirSync(world.path('far'))
      world.create('far/app.log')
      world.append('far/app.log')
      fs.symlinkSync('far/app.log', world.path('link.log'))
    },
    async play(play) {
      await play.seen()
      await write(play, 'far/app.log')
      play.world.rotate('far/app.log', 'far/app.log.1')
      await play.some()
      play.world.create('far/app.log')
      await write(play, 'far/app.log')
    }
  },
  {
    name: 'one file under several names [C8]',
    paths: [APP, '*.log', 'link.log'],
    before(world) {
      withApp(world)
      fs.linkSync(world.path(APP), world.path('hard.log'))
      fs.symlinkSync(APP, world.path('link.log'))
    },
    async play(play) {
      await write(play)
      fs.unlinkSync(play.world.path(APP))
      await write(play, 'hard.log')
    }
  },
  {
    name: 'two files that change their names with one another',
    paths: ['a.log', 'b.log'],
    before(world) {
      for (const name of ['a.log', 'b.log']) {
        world.create(name)
        world.append(name)
      }
    },
    async play(play) {
      await play.seen()
      for (let turn = 0; turn < 3; turn++) {
        fs.renameSync(play.world.path('a.log'), play.world.path('c'))
        await play.some()
        fs.renameSync(play.world.path('b.log'), play.world.path('a.log'))
        fs.renameSync(play.world.path('c'), play.world.path('b.log'))
        await write(play, 'a.log', 1)
        await write(play, 'b.log', 1)
        await play.seen()
      }
    }
  },
  {
    name: 'moved away and back',
    paths: [APP],
    before: withApp,
    async play(play) {
      for (let turn = 0; turn < 3; turn++) {
        await play.seen()
        fs.renameSync(play.world.path(APP), play.world.path('aside'))
        play.world.tell(APP)
        await write(play, 'aside')
        fs.renameSync(play.world.path('aside'), play.world.path(APP))
        await write(play)
      }
    }
  },
  {
    name: 'lines in pieces, long ones too, in files that take turns',
    paths: ['*.log'],
    before(world) {
      for (const name of ['a.log', 'b.log', 'c.log']) world.create(name)
    },
    async play(play) {
      for (let turn = 0; turn < 6; turn++) for (const name of ['a.log', 'b.log', 'c.log']) await inPieces(play, name)
      play.world.text('a.log', `${'long'.repeat(40_000)}\n`)
      play.world.append('b.log', 2000)
      await write(play, 'c.log')
    }
  },
  {
    name: 'lines that end with a carriage return',
    paths: [APP],
    before: withApp,
    async play(play) {
      play.world.lineEnd = '\r\n'
      for (let turn = 0; turn < 6; turn++) await inPieces(play, APP)
    }
  },
  {
    name: 'a burst of many files [C12]',
    paths: ['*.log'],
    async play(play) {
      for (let file = 0; file < 30; file++) {
        play.world.create(`${file}.log`)
        play.world.append(`${file}.log`)
        if (file % 10 === 0) await play.some()
      }
      for (let file = 0; file < 30; file += 3) await write(play, `${file}.log`, 1)
    }
  },
  {
    name: 'files that begin with the same bytes, and empty ones that are filled later [C7]',
    paths: ['*.log'],
    before(world) {
      for (let file = 0; file < 12; file++) {
        world.create(`${file}.log`)
        if (file % 2 === 0) world.text(`${file}.log`, `${'the same head '.repeat(400)}\n`)
      }
    },
    async play(play) {
      for (let file = 0; file < 12; file++) await write(play, `${file}.log`, 1)
      await play.seen()
      play.world.rotate('2.log', 'old')
      play.world.create('2.log')
      play.world.text('2.log', `${'the same head '.repeat(400)}\n`)
      await write(play, '2.log')
    }
  },
  {
    name: 'names that a terminal would not like [C10]',
    paths: ['*.log'],
    async play(play) {
      for (const name of ['new\nline.log', '😀.log', '"quoted".log', '-dash.log', ' space.log', 'esc\u001b[31m.log']) {
        play.world.create(name)
        await write(play, name, 2)
      }
    }
  }
]

export const RECIPES: readonly Recipe[] = [...RUNNING_RECIPES, ...TRUNCATE_RECIPES, ...STOPPED_RECIPES]
