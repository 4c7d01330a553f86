#!/usr/bin/env node
import { main } from 'tutelage/cli';

await main(['studio', ...process.argv.slice(2)]);
