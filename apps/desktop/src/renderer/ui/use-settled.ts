import { useEffect, useState } from 'react'

const pauseMs = 250

/** What is typed, once the typing pauses: each question to the server is one in its trail. */
export function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => settle(value), pauseMs)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
