/** A thing to want: how it is first named, how it is named later, and what may stand in the way, likeliest first. */
export interface Want {
  readonly named: string
  readonly noun: string
  readonly obstacles: readonly string[]
}

const want = (named: string, ...obstacles: readonly string[]): Want => ({
  named,
  noun: named.split(' ').at(-1)!,
  obstacles,
})

export const WANTS: readonly Want[] = [
  want('a red kite', 'tree', 'hedge', 'wall', 'shop'),
  want('a golden bell', 'dragon', 'chest', 'river', 'rock'),
  want('a silver key', 'magpie', 'well', 'cave', 'fog'),
  want('a blue feather', 'tree', 'dragon', 'hedge', 'snow'),
  want('a round pearl', 'well', 'chest', 'cave', 'magpie'),
  want('some sweet honey', 'river', 'fog', 'dragon', 'wall'),
  want('a ripe apple', 'wall', 'river', 'tree', 'snow'),
  want('a bright lantern', 'shop', 'fog', 'snow', 'rock'),
  want('a purple flower', 'snow', 'river', 'wall', 'hedge'),
  want('a wooden drum', 'shop', 'rock', 'chest', 'dragon'),
  want('a magic book', 'chest', 'cave', 'dragon', 'shop'),
  want('a pink shell', 'cave', 'river', 'rock', 'magpie'),
  want('a paper crown', 'dragon', 'magpie', 'rock', 'chest'),
  want('a lost doll', 'well', 'fog', 'hedge', 'river'),
  want('a striped ball', 'hedge', 'wall', 'well', 'tree'),
  want('a tiny ring', 'magpie', 'shop', 'well', 'chest'),
  want('a straw hat', 'tree', 'magpie', 'shop', 'hedge'),
  want('a painted violin', 'shop', 'chest', 'fog', 'river'),
  want('a china teapot', 'rock', 'cave', 'wall', 'snow'),
  want('a spotted umbrella', 'tree', 'wall', 'snow', 'shop'),
]

/** Whom the thing is for. */
export const RECIPIENTS: readonly string[] = [
  'grandmother',
  'mother',
  'brother',
  'father',
  'sister',
  'grandfather',
  'teacher',
  'cousin',
  'friend',
]
