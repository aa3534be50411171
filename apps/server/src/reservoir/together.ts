/** Waits for all of them, also where one fails: what is still under way then would leave files that nobody removes. */
export async function together<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(works)
  return settled.map((work) => {
    if (work.status === 'rejected') throw work.reason
    return work.value
  })
}
