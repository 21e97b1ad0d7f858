/** How the story speaks of its hero after the name. */
export interface Pronouns {
  readonly subject: string
  readonly object: string
  readonly possessive: string
  readonly reflexive: string
}

export const PRONOUNS: Readonly<Record<string, Pronouns>> = {
  she: { subject: 'she', object: 'her', possessive: 'her', reflexive: 'herself' },
  he: { subject: 'he', object: 'him', possessive: 'his', reflexive: 'himself' },
}

/** Names of one word each, none with two pronouns. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  she: [
    'Mia',
    'Lily',
    'Nora',
    'Ruby',
    'Clara',
    'Hazel',
    'Ivy',
    'Daisy',
    'Poppy',
    'Luna',
    'Bella',
    'Rosie',
    'Tess',
    'Olive',
  ],
  he: ['Tom', 'Ben', 'Leo', 'Max', 'Finn', 'Oscar', 'Sam', 'Hugo', 'Jasper', 'Milo', 'Toby', 'Felix', 'Otto', 'Theo'],
}

/** What the hero is, with the pronouns that go with it: children come first and are the likeliest. */
export const KINDS: readonly {
  readonly kind: string
  readonly weight: number
  readonly pronouns: readonly string[]
}[] = [
  { kind: 'girl', weight: 4, pronouns: ['she'] },
  { kind: 'boy', weight: 4, pronouns: ['he'] },
  ...[
    'rabbit',
    'fox',
    'mouse',
    'bear',
    'hedgehog',
    'squirrel',
    'kitten',
    'puppy',
    'badger',
    'mole',
    'frog',
    'lamb',
  ].map((kind) => ({ kind, weight: 1, pronouns: ['she', 'he'] })),
]

export const TRAITS: readonly string[] = [
  'little',
  'brave',
  'curious',
  'young',
  'clever',
  'shy',
  'cheerful',
  'playful',
  'gentle',
  'dreamy',
]

/** Where the hero lives: at most four words. */
export const PLACES: readonly string[] = [
  'by the sea',
  'in a small village',
  'near a quiet lake',
  'deep in the woods',
  'on a windy hill',
  'on a sunny farm',
  'in a busy town',
  'beside the old mill',
  'under a tall oak',
  'in the green valley',
  'at the lonely lighthouse',
  'near the snowy mountains',
  'behind the stone castle',
  'in a cozy cottage',
]
