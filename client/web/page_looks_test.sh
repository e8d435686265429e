#!/bin/bash
exec node client/web/testing/looks.mjs
