import { type Phrase, oneOf, ranked, say } from '../phrase.ts'
import type { Pronouns } from './heroes.ts'

/** What stands between the hero and the thing, and what fits it: means and helpers, likeliest first. */
export interface Obstacle {
  /** A clause of at most eleven words that names the thing. */
  readonly told: (noun: string, pronouns: Pronouns) => Phrase
  /** "a rope {purpose}": two or three words. */
  readonly purpose: Phrase
  /** "she {overcame}": two or three words. */
  readonly overcame: Phrase
  readonly means: readonly string[]
  readonly helpers: readonly string[]
}

export const OBSTACLES: Readonly<Record<string, Obstacle>> = {
  river: {
    told: (noun, { object }) =>
      oneOf(
        say`a ${oneOf('wide', 'deep')} river ${oneOf('ran', 'flowed')} between ${object} and the ${noun}`,
        say`the ${noun} was on the far side of a ${oneOf('wide', 'rushing')} river`,
        say`a ${oneOf('rushing', 'cold')} river blocked the way to the ${noun}`,
      ),
    purpose: ranked('to get across', 'to cross over', 'to cross safely'),
    overcame: ranked('got across', 'crossed safely', 'reached the shore'),
    means: ['rowboat', 'raft', 'plank', 'canoe', 'stilts'],
    helpers: ['sailor', 'turtle', 'beaver', 'otter', 'goose'],
  },
  tree: {
    told: (noun) =>
      oneOf(
        say`the ${noun} was ${oneOf('high', 'far')} up in a ${oneOf('tall', 'huge')} tree`,
        say`the ${noun} was stuck ${oneOf('among', 'between')} the highest branches`,
        say`nobody could reach the ${oneOf('tree', 'branches')} that held the ${noun}`,
      ),
    purpose: ranked('to reach it', 'to get it', 'to free it'),
    overcame: ranked('got it down', 'reached it', 'brought it down'),
    means: ['ladder', 'pole', 'rope', 'trampoline', 'net'],
    helpers: ['owl', 'giant', 'farmer', 'raven', 'gardener'],
  },
  wall: {
    told: (noun) =>
      oneOf(
        say`a ${oneOf('high', 'smooth')} stone wall stood around the ${noun}`,
        say`the ${noun} was ${oneOf('hidden', 'kept')} behind a high wall`,
        say`a ${oneOf('high', 'steep')} wall blocked the way to the ${noun}`,
      ),
    purpose: ranked('to get inside', 'to get past', 'to slip inside'),
    overcame: ranked('got inside', 'got past it', 'slipped inside'),
    means: ['ladder', 'rope', 'crates', 'shovel'],
    helpers: ['goat', 'giant', 'miller', 'horse', 'raven'],
  },
  cave: {
    told: (noun) =>
      oneOf(
        say`the ${noun} ${oneOf('lay', 'was')} deep inside a ${oneOf('dark', 'gloomy')} cave`,
        say`a ${oneOf('dark', 'cold')} cave ${oneOf('hid', 'held')} the ${noun}`,
        say`it was too dark to see the ${noun} in the cave`,
      ),
    purpose: ranked('to see inside', 'to see clearly', 'to go inside'),
    overcame: ranked('saw the way', 'saw clearly', 'spotted it'),
    means: ['torch', 'candle', 'fireflies', 'mirror'],
    helpers: ['owl', 'wizard', 'blacksmith', 'shepherd', 'baker'],
  },
  chest: {
    told: (noun) =>
      oneOf(
        say`the ${noun} was locked inside ${oneOf('a heavy', 'an iron', 'a dusty')} chest`,
        say`${oneOf('someone', 'a pirate')} had locked the ${noun} in a chest`,
        say`the ${oneOf('heavy', 'dusty')} chest that held the ${noun} would not open`,
      ),
    purpose: ranked('to open it', 'to get inside', 'to unlock it'),
    overcame: ranked('opened it', 'lifted the lid', 'opened the lid'),
    means: ['hairpin', 'crowbar', 'password', 'hammer'],
    helpers: ['blacksmith', 'wizard', 'sailor', 'raven', 'donkey'],
  },
  snow: {
    told: (noun) =>
      oneOf(
        say`deep snow ${oneOf('covered', 'buried')} the path to the ${noun}`,
        say`the path to the ${noun} was ${oneOf('buried', 'hidden')} under snow`,
        say`a ${oneOf('cold', 'sudden')} blizzard ${oneOf('covered', 'blocked')} the way to the ${noun}`,
      ),
    purpose: ranked('to get through', 'to go on', 'to get there'),
    overcame: ranked('got through', 'went on', 'reached the place'),
    means: ['sled', 'shovel', 'skis', 'snowshoes'],
    helpers: ['shepherd', 'horse', 'goose', 'goat', 'miller'],
  },
  dragon: {
    told: (noun) =>
      oneOf(
        say`a ${oneOf('grumpy', 'fierce')} dragon guarded the ${noun} ${oneOf('day and night', 'all the time')}`,
        say`a ${oneOf('grumpy', 'lazy')} dragon ${oneOf('sat', 'slept')} right beside the ${noun}`,
        say`the ${noun} lay between the paws of a ${oneOf('fierce', 'green')} dragon`,
      ),
    purpose: ranked('to calm it', 'to charm it', 'to please it'),
    overcame: ranked('calmed the dragon', 'made it smile', 'charmed the dragon'),
    means: ['lullaby', 'cake', 'riddle', 'flute', 'joke'],
    helpers: ['wizard', 'baker', 'shepherd', 'owl', 'otter'],
  },
  well: {
    told: (noun) =>
      oneOf(
        say`the ${noun} had fallen ${oneOf('down', 'into')} a deep well`,
        say`the ${noun} ${oneOf('lay', 'rested')} at the bottom of a well`,
        say`a ${oneOf('deep', 'dark')} well had swallowed the ${noun}`,
      ),
    purpose: ranked('to reach it', 'to lift it', 'to get it'),
    overcame: ranked('pulled it up', 'lifted it out', 'reached it'),
    means: ['bucket', 'rope', 'net', 'hook', 'vine'],
    helpers: ['farmer', 'donkey', 'gardener', 'turtle', 'miller'],
  },
  hedge: {
    told: (noun) =>
      oneOf(
        say`the ${noun} was ${oneOf('caught', 'trapped')} in a thorny hedge`,
        say`${oneOf('sharp', 'long')} thorns ${oneOf('grew', 'stood')} all around the ${noun}`,
        say`a ${oneOf('thick', 'thorny')} hedge ${oneOf('hid', 'surrounded')} the ${noun}`,
      ),
    purpose: ranked('to reach it', 'to get through', 'to free it'),
    overcame: ranked('got through', 'pulled it free', 'reached it'),
    means: ['shears', 'gloves', 'rake', 'coat'],
    helpers: ['gardener', 'farmer', 'goat', 'donkey', 'blacksmith'],
  },
  fog: {
    told: (noun, { subject }) =>
      oneOf(
        say`a thick fog ${oneOf('hid', 'covered')} the path to the ${noun}`,
        say`${subject} got lost on the way to the ${noun}`,
        say`the ${oneOf('foggy', 'twisting')} path to the ${noun} was ${oneOf('confusing', 'scary')}`,
      ),
    purpose: ranked('to get there', 'to stay safe', 'to reach it'),
    overcame: ranked('got there', 'reached it', 'walked safely'),
    means: ['map', 'compass', 'pebbles', 'string', 'whistle'],
    helpers: ['sailor', 'goose', 'turtle', 'horse', 'owl'],
  },
  rock: {
    told: (noun) =>
      oneOf(
        say`a ${oneOf('giant', 'huge')} rock blocked the road to the ${noun}`,
        say`the ${noun} was ${oneOf('stuck', 'trapped')} under a giant rock`,
        say`a giant rock ${oneOf('rolled', 'tumbled')} in front of the ${noun}`,
      ),
    purpose: ranked('to move it', 'to lift it', 'to push it'),
    overcame: ranked('moved it', 'rolled it away', 'pushed it aside'),
    means: ['branch', 'pulley', 'chain', 'wedge'],
    helpers: ['giant', 'horse', 'blacksmith', 'beaver', 'donkey'],
  },
  shop: {
    told: (noun, { subject }) =>
      oneOf(
        say`the shopkeeper ${oneOf('wanted', 'asked')} ${oneOf('ten', 'twenty')} dollars for the ${noun}`,
        say`the ${noun} in the ${oneOf('shop', 'market')} cost too much`,
        say`${subject} had no money to buy the ${noun}`,
      ),
    purpose: ranked('to make money', 'to earn it', 'to buy it'),
    overcame: ranked('paid for it', 'bought it', 'earned it'),
    means: ['coins', 'lemonade', 'eggs', 'marbles', 'broom'],
    helpers: ['baker', 'farmer', 'miller', 'sailor', 'gardener'],
  },
  magpie: {
    told: (noun) =>
      oneOf(
        say`a ${oneOf('greedy', 'naughty')} magpie ${oneOf('carried', 'took')} the ${noun} to its nest`,
        say`a magpie ${oneOf('stole', 'grabbed')} the ${noun} and flew away`,
        say`the ${noun} was in the nest of a ${oneOf('greedy', 'proud')} magpie`,
      ),
    purpose: ranked('to tempt it', 'to trick it', 'to fool it'),
    overcame: ranked('tricked the magpie', 'got it back', 'fooled the magpie'),
    means: ['button', 'mirror', 'ribbon', 'crumbs'],
    helpers: ['raven', 'owl', 'wizard', 'otter', 'beaver'],
  },
}
