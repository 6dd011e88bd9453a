import { describe, it } from 'vitest';
import { gives, refused } from '../expression-testing.ts';

describe('strings', () => {
  it('by bytes and by code points', () => {
    gives({ $concat: ['$a', ' - ', 'b'] }, 'x - b', { a: 'x' });
    gives({ $concat: ['$nope', 'b'] }, null);
    gives({ $toUpper: 'aé' }, 'Aé');
    gives({ $toLower: null }, '');
    gives({ $substrCP: ['cafétéria', 3, 4] }, 'étér');
    gives({ $substrBytes: ['cafétéria', 8, 3] }, 'ria');
    refused({ $substrBytes: ['cafétéria', 4, 1] }, 28656);
    gives({ $strLenCP: '👋é' }, 2);
    gives({ $strLenBytes: 'é' }, 2);
    gives({ $split: ['June-15-2013', '-'] }, ['June', '15', '2013']);
    gives({ $trim: { input: '  \n good bye \t ' } }, 'good bye');
    gives({ $ltrim: { input: ' ggggoodbyeeeee', chars: ' gd' } }, 'oodbyeeeee');
    gives({ $rtrim: { input: ' ggggoodbyeeeee', chars: 'e ' } }, ' ggggoodby');
    gives({ $indexOfCP: ['cafeteria', 'e'] }, 3);
    gives({ $replaceAll: { input: 'aXbX', find: 'X', replacement: { $literal: '$&' } } }, 'a$&b$&');
    gives({ $replaceOne: { input: 'aXbX', find: 'X', replacement: '-' } }, 'a-bX');
    gives({ $regexMatch: { input: 'Line', regex: '^l', options: 'i' } }, true);
    gives({ $strcasecmp: ['abc', 'ABD'] }, -1);
  });
});
