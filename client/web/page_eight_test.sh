#!/bin/bash
exec node client/web/testing/eight.mjs
