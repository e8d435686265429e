#!/bin/bash
exec node client/web/testing/keyboard.mjs
