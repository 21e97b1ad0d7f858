/** Bytes that open sessions are expected to hold: what several pools hold together, and what this one does. */
export interface Held {
  readonly together: BigInt64Array
  readonly own: BigInt64Array
}

const count = ({ together, own }: Held, bytes: number): void => {
  for (const sum of [together, own]) Atomics.add(sum, 0, BigInt(bytes))
}

/** Takes out what a pool held whose thread is gone. */
export const forget = ({ together, own }: Held): void => {
  Atomics.sub(together, 0, Atomics.exchange(own, 0, 0n))
}

/** What the pool keeps open: anything that can be released. */
export interface Releasable {
  readonly release: () => Promise<void>
}

/** Sessions by handle, of which as many are open as fit. */
export interface SessionPool<S> {
  /** Opens a session that is expected to hold `bytes`; rejects as `open` does, and keeps nothing then. */
  readonly add: (handle: number, bytes: number, open: () => Promise<S>) => Promise<void>
  /** The open session of a handle; undefined when there is none of that handle. */
  readonly use: (handle: number) => Promise<S | undefined>
  readonly drop: (handle: number) => Promise<void>
}

interface Member<S> {
  readonly bytes: number
  readonly open: () => Promise<S>
  session?: S
}

/**
 * A session keeps the memory of its activations between runs, so a function compiled for many shapes would hold all of
 * them at once. Here the ones used longest ago are closed when another does not fit into the budget, and opened again
 * when they are asked for. One call at a time: nothing is closed while it runs.
 *
 * @param budget bytes of all pools that count together; one session of each may always be open, however large
 */
export const sessionPool = <S extends Releasable>(budget: number, held: Held): SessionPool<S> => {
  // in the order of their last use
  const members = new Map<number, Member<S>>()
  const close = async (member: Member<S>): Promise<void> => {
    const { session, bytes } = member
    if (session === undefined) return
    delete member.session
    await session.release()
    count(held, -bytes)
  }
  const makeRoom = async (): Promise<void> => {
    for (const member of members.values()) {
      if (Number(Atomics.load(held.together, 0)) <= budget) return
      await close(member)
    }
  }
  const opened = async (member: Member<S>): Promise<S> => {
    if (member.session !== undefined) return member.session
    count(held, member.bytes)
    try {
      await makeRoom()
      member.session = await member.open()
      return member.session
    } catch (e) {
      count(held, -member.bytes)
      throw e
    }
  }
  return {
    add: async (handle, bytes, open) => {
      const member: Member<S> = { bytes, open }
      await opened(member)
      members.set(handle, member)
    },
    use: async (handle) => {
      const member = members.get(handle)
      if (member === undefined) return undefined
      members.delete(handle)
      members.set(handle, member)
      return opened(member)
    },
    drop: async (handle) => {
      const member = members.get(handle)
      members.delete(handle)
      if (member !== undefined) await close(member)
    },
  }
}
