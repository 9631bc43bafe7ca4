-- ARGV: window, lease, and for each request that has ended its slot, what became of it
-- (unsent, none: no response, response: one without a report, report), whether it was
-- counted, and what its response reports: limit, remaining and reset.
advance()
for i = 3, #ARGV, 6 do
	local slot, what, counted = ARGV[i], ARGV[i + 1], ARGV[i + 2]
	local entry = redis.call('HGET', F, slot)
	if entry and what == 'unsent' then
		redis.call('HDEL', F, slot)
		leave(string.match(entry, '^%d+:%d+:(.+)$'))
	elseif entry then
		local before = tonumber(string.match(entry, '^%d+:(%d+):'))
		ends(slot, entry, counted)
		s.ended = s.ended + 1
		if what == 'report' then
			local limit, remaining, reset = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), now + ARGV[i + 5]
			s.empty = math.max(reset, now + window)
			-- Of several requests in flight, the one that the API counted first may be the
			-- last to get its response. So the room is the least of all reports that came
			-- since the request of the latest one was sent.
			while true do
				local last = redis.call('ZREVRANGE', R, 0, 0)[1]
				if not last then
					break
				end
				local _, left, till = string.match(last, '^(%d+):(-?%d+):(%d+)$')
				if tonumber(left) < remaining then
					break
				end
				if tonumber(left) == remaining then
					reset = math.max(reset, tonumber(till))
				end
				redis.call('ZREM', R, last)
			end
			redis.call('ZADD', R, s.ended, s.ended .. ':' .. remaining .. ':' .. reset)
			if redis.call('ZCARD', R) > 4096 then
				redis.call('ZREMRANGEBYRANK', R, 0, 2047)
			end
			local lowest = redis.call('ZRANGEBYSCORE', R, '(' .. before, '+inf', 'LIMIT', 0, 1)[1]
			local _, left, till = string.match(lowest, '^(%d+):(-?%d+):(%d+)$')
			s.known, s.remaining, s.limit, s.reset = 1, tonumber(left), limit, tonumber(till)
			s.probing, s.credited, s.probed, s.reported = 0, 0, 0, now
		else
			s.remaining = s.remaining - 1
			if what == 'response' and s.known == 0 then
				s.responded = 1
			end
		end
	end
end
if redis.call('HLEN', F) == 0 then
	redis.call('DEL', R)
end
save()
expire(unpack(KEYS))
return 0
