import { setTimeout as sleep } from 'node:timers/promises'
import type { Timer } from './settings.ts'

/** Waits in real time. */
export const realTimer: Timer = async (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal })
