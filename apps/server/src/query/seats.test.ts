import { expect, test } from 'vitest'
import { Seats, type Ticket } from './seats.js'

const take = (seats: Seats, caller: string): Ticket => {
  const ticket = seats.take(caller)
  if (ticket === null) throw new Error('refused')
  return ticket
}

test('whoever asks once does not wait for all that another asked before', async () => {
  const seats = new Seats({ seats: 1, waiting: 10, waitingPerCaller: 5 })
  const order: string[] = []
  const tickets = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'].map((name) => {
    const ticket = take(seats, name[0] ?? '')
    void ticket.admitted.then(() => order.push(name))
    return ticket
  })
  expect(tickets.map((ticket) => ticket.place())).toEqual([null, 3, 5, 1, 2, 4])
  for (const at of [0, 3, 4, 1, 5, 2]) {
    await tickets[at]?.admitted
    tickets[at]?.leave()
  }
  await Promise.resolve()
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  expect([seats.taken, seats.waiting]).toEqual([0, 0])
})

test('whoever goes away gives up a place; too many are refused, of one caller or in all', async () => {
  const seats = new Seats({ seats: 1, waiting: 3, waitingPerCaller: 2 })
  const first = take(seats, 'a')
  const [second, third] = [take(seats, 'a'), take(seats, 'a')]
  expect(seats.take('a')).toBeNull()
  const other = take(seats, 'b')
  expect(seats.take('c')).toBeNull()
  second.leave()
  expect(await second.admitted).toBe(false)
  first.leave()
  expect(await other.admitted).toBe(true)
  other.leave()
  expect(await third.admitted).toBe(true)
  third.leave()
  third.leave()
  expect(seats.taken).toBe(0)
})
