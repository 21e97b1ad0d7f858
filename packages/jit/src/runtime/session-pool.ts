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
 * @param budget bytes; one session may always be open, however large
 */
export const sessionPool = <S extends Releasable>(budget: number): SessionPool<S> => {
  // in the order of their last use
  const members = new Map<number, Member<S>>()
  const close = async (member: Member<S>): Promise<void> => {
    const { session } = member
    delete member.session
    await session?.release()
  }
  const makeRoom = async (bytes: number): Promise<void> => {
    const open = [...members.values()].filter(({ session }) => session !== undefined)
    let held = open.reduce((sum, member) => sum + member.bytes, 0)
    for (const member of open) {
      if (held + bytes <= budget) return
      held -= member.bytes
      await close(member)
    }
  }
  const opened = async (member: Member<S>): Promise<S> => {
    if (member.session !== undefined) return member.session
    await makeRoom(member.bytes)
    member.session = await member.open()
    return member.session
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
