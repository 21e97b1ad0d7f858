/**
 * Something that overcomes an obstacle.
 *
 * A thing is lent and goes back, a gift is kept or spent, lore is taught. `trace` tells what the hero did with it
 * without always naming it, so an ending may point back at the means by its deed alone.
 */
export interface Means {
  readonly sort: 'thing' | 'gift' | 'lore'
  /** Three words, with an article. */
  readonly named: string
  /** How it is named later, without an article: one or two words. */
  readonly noun: string
  /** "to {use} it", "{used} it". */
  readonly use: string
  readonly used: string
  /** One to three words: "rowing across". */
  readonly trace: string
}

const means =
  (sort: Means['sort']) =>
  (named: string, trace: string, use = 'use', used = 'used'): Means => ({
    sort,
    named,
    noun: named.split(' ').at(-1)!,
    use,
    used,
    trace,
  })
const thing = means('thing')
const gift = means('gift')
const lore = means('lore')

export const MEANS: Readonly<Record<string, Means>> = {
  rowboat: thing('a little rowboat', 'rowing across', 'row', 'rowed'),
  raft: thing('a sturdy raft', 'floating across', 'steer', 'steered'),
  canoe: thing('a light canoe', 'paddling across', 'paddle', 'paddled'),
  stilts: thing('some tall stilts', 'wading across'),
  plank: thing('a narrow plank', 'balancing carefully'),
  ladder: thing('a wooden ladder', 'climbing each rung'),
  pole: thing('a bamboo pole', 'poking gently'),
  rope: thing('a strong rope', 'holding on tight'),
  trampoline: thing('a bouncy trampoline', 'jumping high'),
  crates: thing('some empty crates', 'stacking boxes', 'stack', 'stacked'),
  shovel: thing('a rusty shovel', 'digging hard'),
  torch: thing('a burning torch', 'following the flame', 'carry', 'carried'),
  candle: thing('a wax candle', 'shielding the light', 'light', 'lit'),
  fireflies: gift('some glowing fireflies', 'following the glow', 'follow', 'followed'),
  mirror: thing('a polished mirror', 'catching the sunlight'),
  hairpin: thing('a bent hairpin', 'picking the lock'),
  hammer: thing('a heavy hammer', 'hammering hard', 'swing', 'swung'),
  crowbar: thing('an iron crowbar', 'pushing hard'),
  password: lore('a secret password', 'whispering one word', 'say', 'said'),
  sled: thing('a fast sled', 'sliding along', 'ride', 'rode'),
  skis: thing('some wooden skis', 'gliding along'),
  snowshoes: thing('some warm snowshoes', 'stomping along', 'wear', 'wore'),
  lullaby: lore('a soft lullaby', 'singing sweetly', 'sing', 'sang'),
  cake: gift('a lemon cake', 'sharing a slice', 'share', 'shared'),
  riddle: lore('a tricky riddle', 'asking one question', 'ask', 'asked'),
  joke: lore('a funny joke', 'laughing together', 'tell', 'told'),
  flute: thing('a tin flute', 'playing a tune', 'play', 'played'),
  bucket: thing('a metal bucket', 'cranking slowly', 'lower', 'lowered'),
  net: thing('a fishing net', 'scooping carefully'),
  hook: thing('a copper hook', 'fishing it out'),
  vine: gift('a leafy vine', 'sliding down'),
  shears: thing('some garden shears', 'snipping the thorns'),
  gloves: thing('some thick gloves', 'parting the thorns', 'wear', 'wore'),
  rake: thing('a long rake', 'raking carefully'),
  coat: thing('a leather coat', 'crawling through', 'wear', 'wore'),
  map: thing('a crumpled map', 'counting every turn', 'read', 'studied'),
  compass: thing('a brass compass', 'following the needle'),
  pebbles: gift('some white pebbles', 'marking the trail', 'drop', 'dropped'),
  string: gift('some red string', 'unwinding it slowly', 'unroll', 'unrolled'),
  whistle: thing('a loud whistle', 'listening for echoes', 'blow', 'blew'),
  branch: gift('a thick branch', 'prying it loose'),
  pulley: thing('a noisy pulley', 'hauling slowly'),
  chain: thing('a rattling chain', 'tugging hard', 'pull', 'pulled'),
  wedge: thing('an oak wedge', 'tapping gently'),
  coins: gift('some lucky coins', 'counting coins', 'spend', 'spent'),
  eggs: gift('some fresh eggs', 'selling breakfast', 'sell', 'sold'),
  marbles: gift('some glass marbles', 'trading toys', 'trade', 'traded'),
  broom: thing('a big broom', 'sweeping floors'),
  lemonade: gift('some cold lemonade', 'pouring drinks', 'sell', 'sold'),
  button: gift('a shiny button', 'offering a trade', 'trade', 'traded'),
  crumbs: gift('some bread crumbs', 'scattering a trail', 'scatter', 'scattered'),
  ribbon: gift('a silk ribbon', 'waving it high', 'wave', 'waved'),
}
