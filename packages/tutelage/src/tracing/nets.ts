import { akt } from '../models/tracing/akt.js';
import { dkt } from '../models/tracing/dkt.js';
import { sakt } from '../models/tracing/sakt.js';
import { simpleKt } from '../models/tracing/simple-kt.js';
import { type NetSettings, type NetTracerKind, netKind } from './net-tracer.js';

export interface NetSize {
  readonly width: number;
  readonly dropout: number;
}

const heads = 4;
const blocks = 2;

export const dktKind = (size: NetSize, settings: NetSettings): NetTracerKind =>
  netKind('dkt', 'DKT', (vocabulary) => dkt(vocabulary, size), settings);

export const saktKind = (size: NetSize, settings: NetSettings): NetTracerKind =>
  netKind('sakt', 'SAKT', (vocabulary) => sakt(vocabulary, { ...size, heads }), settings);

/** @param difficulty whether each question has a difficulty of its own: of no use where questions are their own concepts */
export const simpleKtKind = (size: NetSize, settings: NetSettings, difficulty = true): NetTracerKind =>
  netKind(
    'simplekt',
    difficulty ? 'simpleKT' : 'simpleKT without difficulty',
    (vocabulary) => simpleKt(vocabulary, { ...size, heads, blocks, difficulty }),
    settings,
  );

const difficultyPenalty = 1e-5;

export const aktKind = (size: NetSize, settings: NetSettings): NetTracerKind =>
  netKind(
    'akt',
    'AKT',
    (vocabulary) => akt(vocabulary, { ...size, heads, penalty: difficultyPenalty }),
    settings,
  );
