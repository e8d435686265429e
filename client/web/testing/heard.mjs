// Words from a browser are understood at a terminal, and the other way round.
import { test } from './house.mjs';
import { twoUnderstandEachOther } from './talk.mjs';

test('a browser and a terminal understand each other', twoUnderstandEachOther);
