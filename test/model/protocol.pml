/*
 * How replicas agree over one store, for one key and three replicas: see docs/protocol.md, whose words are used here.
 * `node test/model/protocol.mjs` checks it with spin, sound and with each of the bugs that a #define plants.
 *
 * Time is left out but for what clocks promise: a lease ends at its holder before it ends in the store. So the store may take
 * somebody for silent, or free a lock, only after the one concerned has stopped trusting it.
 *
 * Replicas refuse what they are not sure of (`onStale: 'block'`). Left out, since it is not promised: a handler that was
 * let pass on a connection that was reset, or in a replica that a store has lost and no holder remembers; a newcomer after a
 * failover that lost a write, which cannot be told from a store that never had it.
 *
 * What makes it small, and takes no run away that could break a promise: an answer that is lost is one that is asked again
 * before it comes; one that says nothing is over at once; only those who serve have leases, and those end when it matters that
 * they may; what a write says is forgotten once nobody can speak of it.
 */

#define N 3
#define NOBODY 3

/* What is played, and how often: protocol.mjs says otherwise per scene. */
#ifndef WRITES
#define WRITES 4
#endif
#ifndef HOLDERS
#define HOLDERS 0
#endif
#ifndef OPERATORS
#define OPERATORS 0
#endif
#ifndef NEWCOMERS
#define NEWCOMERS 0
#endif
#ifndef ABSENT
#define ABSENT 0
#endif
#ifndef SERVERS
#define SERVERS 7
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef LEAVES
#define LEAVES 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef FAILOVERS
#define FAILOVERS 0
#endif
/* does a server take over, or start again, that has the data of any earlier moment, locks included */
#ifndef OLDER
#define OLDER 0
#endif
/* how often locks are lost, and nothing else */
#ifndef LOCK_LOSSES
#define LOCK_LOSSES 0
#endif
/* who unsets the key */
#ifndef UNSETS
#define UNSETS 0
#endif
#ifndef REFUSALS
#define REFUSALS 0
#endif
#ifndef RESETS
#define RESETS 0
#endif
#ifndef PUSHES
#define PUSHES 0
#endif
/* may reports be made beside an exchange */
#ifndef REPORTS
#define REPORTS 0
#endif

#define bit(i) (1 << (i))
#define has(set, i) (((set) >> (i)) & 1)
#define add(set, i) set = set | bit(i)
#define drop(set, i) set = set & ~bit(i)

/* ---- Writes: numbered as they are made, which is also the order of their changes by the store's clock. 0 is nothing. */

byte last;
byte on;                  /* those with the switch on, a set */
byte holds[WRITES + 1];   /* whose holds a write has, a set of replicas */
byte past[WRITES + 1];    /* the writes that it was made from, a set */
#if HOLDERS == 7
byte forOthers[WRITES + 1]; /* holds that stand for others, too */
byte behind[WRITES + 1];    /* whose holds it would have if each was kept */
#define unfinished(w) (behind[w] & half)
#define standsForOthers(i) has(forOthers[known[i]], i)
#else
#define unfinished(w) (holds[w] & half)
#define standsForOthers(i) false
#endif
#if UNSETS > 0
byte unsets;              /* those that were made by somebody who unset the key, a set */
byte ended;               /* holders whose work somebody has ended that way */
#define isUnset(w) has(unsets, w)
#define isEnded(i) has(ended, i)
#define isAfterUnset(w) ((unsets & (past[w] | bit(w))) != 0)
#else
#define isUnset(w) false
#define isEnded(i) false
#define isAfterUnset(w) false
#endif
#if PUSHES > 0
byte before[WRITES + 1];  /* the one that it replaced in the store */
#endif

#define follows(later, earlier) ((earlier) == 0 || (later) == (earlier) || has(past[later], earlier))
/* how many a write was made from: its number, where nothing was lost */
#define ones(set) (has(set, 1) + has(set, 2) + has(set, 3) + has(set, 4) + has(set, 5) + has(set, 6) + has(set, 7))
#define revision(w) ones(past[w])
#define isOn(w) (has(on, w) || holds[w] != 0)

/* ---- The store */

byte stored;
byte listed;              /* replicas that are listed */
byte silent;              /* of these, those whose lease has ended */
byte applied[N];          /* what each has told that it has applied */
byte told;                /* those that told of calls that are left */
byte owner = NOBODY;      /* of the key's lock */
byte lockFence;           /* with which the lock was granted last */
byte clock;               /* fences are granted from it */
bool unsure;              /* replicas may be there that are not listed */
bool unsureLock;          /* locks may be held that are not known */
#if LOSSES > 0 || FAILOVERS > 0
byte back = 7;            /* replicas that have told it something since it lost anything */
#define isBack(i) has(back, i)
#define nobodyIsBack back = 0
/* whom those remember who may work */
#define remembered ((has(HOLDERS, 0) * remembers[0]) | (has(HOLDERS, 1) * remembers[1]) | (has(HOLDERS, 2) * remembers[2]))
#else
#define isBack(i) true
#define nobodyIsBack skip
#define remembered 7
#endif
#if FAILOVERS > 0
/* the same before the last write, or at a moment of chance: what one has that is promoted */
byte wasStored, wasListed, wasTold;
byte wasApplied[N];
byte met;                 /* replicas that the store has told something */
#endif
#if OLDER > 0
byte wasOwner = NOBODY, wasLockFence;
bool saved;
#endif

/* ---- The replicas, as sets */

byte alive = 7;
byte started;
byte trust;               /* a lease that has not ended here */
byte asking;              /* an answer of the store is on its way */
byte granted;             /* that answer renews the lease, unless it has ended in the store meanwhile */
byte running;             /* a call that was let pass and is not over */
byte heard;               /* what is known was only heard */
#if PUSHES > 0 && REPORTS > 0
byte overtaken;           /* something was heard since the store was asked */
#define overtake(i) if :: has(asking, i) -> add(overtaken, i) :: else fi
#define catchUp(i) drop(overtaken, i)
/* what was heard since goes on from what the answer says, which is not taken for more than contact */
#ifdef BUG_OLD_ANSWER_COUNTS
#define isOvertaken(i) false
#else
#define isOvertaken(i) (has(overtaken, i) && follows(known[i], seen[i]))
#endif
#else
#define overtake(i) skip
#define catchUp(i) skip
#define isOvertaken(i) false
#endif
byte reset;               /* its connection was closed by the network */
byte excused;             /* its call was let pass on a connection that is gone, see above */
byte lockTrust;           /* a lock's lease that has not ended here */
byte tookOver;            /* its work has begun */
byte givenUp;             /* its write was given up on */
byte known[N];
byte proven[N];           /* the last that the store has shown */
byte seen[N];             /* what the answer says */
byte sent[N];             /* what the write that was given up on was made from */
byte remembers[N];        /* who was listed */
byte fence[N];
byte half;                /* those whose work began and did not end */
mtype = { idle, locked, draining, working, leaving, done };
mtype at[N] = idle;

byte crashes, leaves, losses, failovers, lockLosses, refusals, resets;

/* ---- What is promised */

#define works(i) (at[i] == working && has(lockTrust, i))
/* an unset ends work at once: until its holder hears of it, that is not protected any more */
#define isProtected(i) (works(i) && !isEnded(i))
#define nobodyWorks (!isProtected(0) && !isProtected(1) && !isProtected(2))
#define atMostOneWorks (works(0) + works(1) + works(2) <= 1)
#define nothingRuns ((running & alive & ~excused) == 0)
#define sure(i, w) (!has(alive, i) || !has(trust, i) || follows(known[i], w))

/* ---- The store's side */

/* What a replica says that it has applied. */
#ifdef BUG_DELTA_IS_LOST
byte versions[N];
#define version(i) versions[i]
#else
#define version(i) known[i]
#endif

#if FAILOVERS > 0
inline save() {
    wasStored = stored; wasListed = listed; wasTold = told;
    wasApplied[0] = applied[0]; wasApplied[1] = applied[1]; wasApplied[2] = applied[2];
#if OLDER > 0
    wasOwner = owner; wasLockFence = lockFence; saved = true
#endif
}
#endif

/* Puts a write in the place of what is stored. None of those that it replaces is lost. */
inline put(w) {
    assert(follows(w, stored));
#if FAILOVERS > 0 && OLDER == 0
    if :: failovers < FAILOVERS -> save() :: else fi;
#endif
    stored = w
}

/* A new write over what `base` says. */
inline make(base, switchOn, held) {
    last++;
    if :: switchOn -> add(on, last) :: else fi;
    holds[last] = held;
#if PUSHES > 0
    before[last] = stored;
#endif
    past[last] = past[base] | (base > 0 -> bit(base) : 0)
}

/* A write that nobody speaks of any more leaves nothing behind: states that differ in it alone are one. */
#if defined(BUG_REVISION_IS_ENOUGH) || defined(BUG_REVISION_REUSED) || defined(BUG_DELTA_IS_LOST)
#define forget() skip
#else
#if FAILOVERS > 0
#define mayComeBack(w) (wasStored == (w) || wasApplied[0] == (w) || wasApplied[1] == (w) || wasApplied[2] == (w))
#else
#define mayComeBack(w) false
#endif
#define speaksOf(i, w) (known[i] == (w) || proven[i] == (w) || seen[i] == (w) || sent[i] == (w) || applied[i] == (w))
#define isThere(w) (stored == (w) || speaksOf(0, w) || speaksOf(1, w) || speaksOf(2, w) || mayComeBack(w))
#if PUSHES > 0
/* it may still be pushed to one that knows what it replaced */
#define isSpokenOf(w) (isThere(w) || (before[w] != (w) && isThere(before[w])))
#define forgetPush(w) before[w] = w
#else
#define isSpokenOf(w) isThere(w)
#define forgetPush(w) skip
#endif
inline forgetOne(w) {
    if
    :: w <= last && !isSpokenOf(w) ->
        holds[w] = 0; past[w] = 0; drop(on, w); forgetPush(w);
        past[1] = past[1] & ~bit(w); past[2] = past[2] & ~bit(w); past[3] = past[3] & ~bit(w);
#if WRITES > 3
        past[4] = past[4] & ~bit(w);
#endif
#if WRITES > 4
        past[5] = past[5] & ~bit(w);
#endif
#if HOLDERS == 7
        forOthers[w] = 0; behind[w] = 0;
#endif
#if UNSETS > 0
        drop(unsets, w)
#endif
    :: else
    fi
}
inline forget() {
    forgetOne(1); forgetOne(2); forgetOne(3);
#if WRITES > 3
    forgetOne(4);
#endif
#if WRITES > 4
    forgetOne(5)
#endif
}
#endif

#ifdef BUG_EMPTY_IS_OFF
#define saysSomething(i) true
#else
/* a store that lost its memory lately says nothing to one that knows nothing: off is not known yet */
#define saysSomething(i) (known[i] != 0 || stored != 0 || !unsureLock)
#endif

/* Presence is recorded, the lease renewed; who was lost is listed again by those who remember. */
inline record(i) {
#ifdef BUG_TOLD_BEFORE_APPLIED
    applied[i] = stored;
#else
    /* what is not on the line of this store was not applied */
    applied[i] = (follows(stored, version(i)) -> version(i) : 0);
#endif
    add(listed, i);
    drop(silent, i);
    drop(reset, i);
    if :: has(SERVERS, i) && saysSomething(i) -> add(granted, i) :: else -> drop(granted, i) fi;
    if
    :: has(running, i) && isOn(known[i]) -> add(told, i)
    :: else -> drop(told, i)
    fi;
#if LOSSES > 0 || FAILOVERS > 0
#ifndef BUG_NOBODY_VOUCHES
    listed = listed | remembers[i];
#endif
    remembers[i] = remembers[i] | listed;
    add(back, i)
#else
    add(remembers[i], i)
#endif
}

#if REPORTS > 0
/*
 * A report of its own follows what was heard or written. It says what was applied and what is left, beside an exchange whose answer is
 * still on its way. It renews the entry of one that is listed, and nothing else: it grants no lease, says nothing of others, and shows
 * no more than that the store has what was applied.
 */
#define tells(i) (has(running, i) && isOn(known[i]))
#define saysMore(i) (has(silent, i) || applied[i] != version(i) || has(told, i) != tells(i) || has(heard, i))
#define reports(i) (has(listed, i) && !has(reset, i) && version(i) != 0 && follows(stored, version(i)) && saysMore(i))
inline report(i) {
    applied[i] = version(i);
    drop(silent, i);
#ifdef BUG_REPORT_FORGETS_CALLS
    drop(told, i)
#else
    if :: tells(i) -> add(told, i) :: else -> drop(told, i) fi
#endif
}
#endif

inline strike(i) {
    drop(listed, i);
    drop(silent, i);
    drop(told, i);
    applied[i] = 0;
    remembers[0] = remembers[0] & ~bit(i);
    remembers[1] = remembers[1] & ~bit(i);
    remembers[2] = remembers[2] & ~bit(i);
    if :: has(running & reset, i) -> add(excused, i) :: else fi
}

#if FAILOVERS > 0
inline goBack() {
    failovers++;
    stored = wasStored; listed = wasListed; told = wasTold;
    applied[0] = wasApplied[0]; applied[1] = wasApplied[1]; applied[2] = wasApplied[2];
    wasStored = 0; wasListed = 0; wasTold = 0;
    wasApplied[0] = 0; wasApplied[1] = 0; wasApplied[2] = 0; met = 0;
    nobodyIsBack; unsure = true; forget()
}
#endif

/* All data is gone. Whoever was there trusts what it knows for a lease. */
inline lose() {
    stored = 0;
    listed = 0; silent = 0; told = 0;
    applied[0] = 0; applied[1] = 0; applied[2] = 0;
    owner = NOBODY; lockFence = 0;
    nobodyIsBack;
#ifndef BUG_LIST_IS_BELIEVED
    unsure = true;
#endif
#ifndef BUG_LOCKS_ARE_FORGOTTEN
    unsureLock = true
#endif
}

/* ---- A replica's side */

/* What is known changes; a hold that is gone from it is lost, in the same tick. Only an unset ends one while its holder has the lock. */
inline know(i, w) {
    known[i] = w;
    if
    :: (at[i] == draining || at[i] == working) && !has(holds[w], i) ->
        assert(!has(lockTrust, i) || isEnded(i));
        drop(lockTrust, i);
        at[i] = leaving
    :: else
    fi
}

inline take(i, w) {
    assert(follows(w, proven[i]));
    proven[i] = w;
#ifdef BUG_DELTA_IS_LOST
    versions[i] = w;
#endif
    drop(heard, i);
    know(i, w)
}

inline endExchange(i) {
    drop(asking, i); drop(granted, i); catchUp(i); seen[i] = 0
}

/* Its own write: an answer that was given before says nothing any more. */
inline takeOwn(i, w) {
    take(i, w);
    endExchange(i)
}

#if FAILOVERS > 0
#define hasHeard(i) met = met | ((failovers < FAILOVERS) << i)
#else
#define hasHeard(i) skip
#endif

#ifdef BUG_NO_PUT_BACK
#define putBack(i) skip
#else
#define putBack(i) put(proven[i])
#endif

/* An answer has come: news, the same, or a store that has lost something, which is put back, or united with what was known. */
inline accept(i) {
    sound = true;
    if
    :: seen[i] == proven[i] ->
        /* what is known may have been heard, and be newer than the answer */
        if
        :: stored == seen[i] && has(heard, i) -> drop(heard, i); know(i, proven[i])
        :: else
        fi
#ifdef BUG_OLD_IS_NEWS
    :: seen[i] == 0 && proven[i] != 0 -> take(i, 0)
#endif
#ifdef BUG_REVISION_REUSED
    :: seen[i] != proven[i] && revision(seen[i]) > revision(proven[i]) -> take(i, seen[i])
    :: seen[i] != proven[i] && revision(seen[i]) == revision(proven[i]) -> skip
#endif
#ifdef BUG_DELTA_IS_LOST
    :: seen[i] != proven[i] && follows(seen[i], proven[i]) -> versions[i] = seen[i]
#else
    :: seen[i] != proven[i] && follows(seen[i], proven[i]) -> take(i, seen[i])
#endif
    :: seen[i] != proven[i] && follows(proven[i], seen[i]) ->
        if
        :: stored == seen[i] -> putBack(i); drop(heard, i); know(i, proven[i])
        :: else -> sound = false
        fi
    :: !follows(seen[i], proven[i]) && !follows(proven[i], seen[i]) ->
#ifdef BUG_NEWCOMER_WINS
        take(i, seen[i])
#else
        if
        :: stored == seen[i] && last < WRITES ->
            later = (seen[i] > proven[i] -> seen[i] : proven[i]);
#ifdef BUG_LATER_WINS
            make(seen[i], has(on, later), holds[later]);
#else
            /* whoever made the later one did not know of the other's holds, which only an unset ends */
            make(seen[i], has(on, later), (isUnset(later) -> 0 : holds[seen[i]] | holds[proven[i]]));
#endif
#if UNSETS > 0
            if :: isUnset(later) -> add(unsets, last); ended = ended | holds[seen[i]] | holds[proven[i]] :: else fi;
#endif
            past[last] = past[last] | past[proven[i]] | bit(proven[i]);
            put(last);
            take(i, last)
        :: else -> sound = false
        fi
#endif
    fi
}

/* Who is drained, as the store lists them. */
#ifdef BUG_ANY_WRITE_WILL_DO
#define hasApplied(j, i) (applied[j] != 0)
#else
#ifdef BUG_REVISION_IS_ENOUGH
#define hasApplied(j, i) (applied[j] != 0 && revision(applied[j]) >= revision(known[i]))
#else
#define hasApplied(j, i) (has(holds[applied[j]], i) || (isEnded(i) && isAfterUnset(applied[j])))
#endif
#endif
#ifdef BUG_DRAINS_ITSELF_ONLY
#define left(j) false
#else
#define left(j) has(told, j)
#endif
#define drained(j, i) (j == i || !has(listed, j) || (hasApplied(j, i) && !left(j)))
#ifdef BUG_DRAINS_OTHERS_ONLY
#define quietHere(i) true
#else
#define quietHere(i) !has(running, i)
#endif
#ifdef BUG_REVISION_IS_ENOUGH
#define hasIt(w) (revision(stored) >= revision(w))
#else
#ifdef BUG_ANY_WRITE_WILL_DO
#define hasIt(w) true
#else
/* what is listed counts as long as the store has what is waited for */
#define hasIt(w) follows(stored, w)
#endif
#endif
#ifdef BUG_STRANGERS_LIST
#define knowsList(i) has(listed, i)
#else
/* the list of a store that this replica has told nothing since may lack some whom it remembers */
#define knowsList(i) (has(listed, i) && isBack(i))
#endif
#define allDrained(i) (knowsList(i) && !unsure && hasIt(known[i]) && drained(0, i) && drained(1, i) && drained(2, i) && quietHere(i))

#define toldOf(j, w) (!has(listed, j) || follows(applied[j], w))
#define allApplied(w) (listed != 0 && follows(stored, w) && toldOf(0, w) && toldOf(1, w) && toldOf(2, w))

#define acts(i) (has(alive, i) && has(started, i))
#ifdef BUG_WRITE_WITHOUT_COMPARE
#define isCurrent(i) true
#else
#define isCurrent(i) (stored == known[i])
#endif
/* who knows nothing writes nothing where that may be lost */
#define mayWrite(i) (acts(i) && has(remembers[i], i) && saysSomething(i) && last < WRITES)

/* Holders are alike, and so are operators: each run is one in which the lowest is the first to take the lock, or to write. */
#define isAfter(i, j) ((i) <= (j) || !has(HOLDERS, j) || at[j] != idle)
#define isNextHolder(i) (isAfter(i, 0) && isAfter(i, 1))
#define isNextOperator(i) (last != 0 || (OPERATORS & (bit(i) - 1)) == 0)

/* Holds that go when this one is over: once it has worked, those of whom it took over, too. */
#define overtaken(i) ((fence[0] < fence[i]) | ((fence[1] < fence[i]) << 1) | ((fence[2] < fence[i]) << 2))
#ifdef BUG_RELEASE_ENDS_OTHER_HOLDS
#define without(i) 0
#else
#define without(i) (holds[known[i]] & ~bit(i) & ~(has(tookOver, i) * overtaken(i)))
#endif
#ifdef BUG_HEIR_BEFORE_WORK
#define with(i) bit(i)
#else
#if HOLDERS == 7
/* those that had the lock before are recorded as one hold, that of the first */
#define gone(i) (holds[known[i]] & overtaken(i))
#define isNotAfter(j, k, set) (!has(set, k) || fence[j] <= fence[k])
#define isFirst(j, set) (has(set, j) && isNotAfter(j, 0, set) && isNotAfter(j, 1, set) && isNotAfter(j, 2, set))
#define firstOf(set) (isFirst(0, set) | (isFirst(1, set) << 1) | (isFirst(2, set) << 2))
#define with(i) ((holds[known[i]] & ~gone(i)) | firstOf(gone(i)) | bit(i))
#else
#define with(i) (holds[known[i]] | bit(i))
#endif
#endif
#ifdef BUG_SWITCH_ENDS_HOLDS
#define switchedHolds(i) 0
#else
#define switchedHolds(i) holds[known[i]]
#endif

/* Writes with the hold of i, and without it. */
inline enter(i) {
    make(known[i], has(on, known[i]), with(i));
#if HOLDERS == 7
    forOthers[last] = forOthers[known[i]];
    if :: firstOf(gone(i)) != gone(i) -> forOthers[last] = forOthers[last] | firstOf(gone(i)) :: else fi;
    behind[last] = behind[known[i]] | bit(i);
#endif
    put(last)
}
inline release(i) {
    make(known[i], has(on, known[i]), without(i));
#if HOLDERS == 7
    forOthers[last] = forOthers[known[i]] & holds[last];
    behind[last] = behind[known[i]] & ~bit(i) & ~(has(tookOver, i) * overtaken(i));
    assert(holds[last] != 0 || unfinished(last) == 0);
#endif
    put(last)
}

#if UNSETS > 0
/* Work that goes on ends when its holder hears of it, which gives the lock back. */
inline unset(i) {
    make(known[i], false, 0);
    add(unsets, last);
    ended = ended | holds[known[i]];
#ifdef BUG_UNSET_FREES_LOCK
    owner = NOBODY;
#endif
    put(last)
}
#endif

inline unlock(i) {
    if
#ifdef BUG_UNLOCK_WITHOUT_TOKEN
    :: true -> assert(owner == i || owner == NOBODY); owner = NOBODY
#else
    :: owner == i -> owner = NOBODY
    :: else
#endif
    fi;
    drop(lockTrust, i);
    drop(tookOver, i)
}

/* What bugs take away. */
#ifdef BUG_LEAVES_FOR_OTHERS
#define leavesAlone(i) has(holds[known[i]], i)
#else
/* a hold that stands for others, too, is not its own any more */
#define leavesAlone(i) (has(holds[known[i]], i) && !standsForOthers(i))
#endif
#ifdef BUG_LEASE_OUTLIVES_PRESENCE
#define lapse(i) skip
#define lapseOthers skip
#else
/* a lease ends at its holder before it ends in the store: that it has is only seen once it matters */
#define lapse(i) drop(trust, i)
#define lapseOthers trust = trust & listed; granted = granted & listed
#endif
#ifdef BUG_SILENT_IS_GONE
#define isGone(i) true
#define believesSilence true
#else
#define believesSilence false
#define isGone(i) (!has(alive, i) || has(reset, i))
#endif
#ifdef BUG_ANY_PUSH_IS_BELIEVED
#define isNext(i, w) true
#else
#define isNext(i, w) (before[w] == known[i])
#endif
#define hears(i, w) (w <= last && known[i] != w && isNext(i, w))
#ifdef BUG_UNSEEN_IS_TRUSTED
#define grantUnseen(i) add(granted, i)
#else
#define grantUnseen(i) skip
#endif
#ifdef BUG_GIVES_UP_AND_WORKS
#define giveUp(i) at[i] = working; assert(nothingRuns)
#else
#define giveUp(i) at[i] = leaving
#endif
#ifdef BUG_DEAD_HOLDER_OPENS
#define refuses(i) (has(on, known[i]) || (holds[known[i]] != 0 && owner != NOBODY))
#else
#define refuses(i) isOn(known[i])
#endif
#ifdef BUG_NO_LEASE
#define mayTrust(i) true
#else
#define mayTrust(i) has(trust, i)
#endif
#ifdef BUG_LEAVES_TOO_SOON
#define mayLeave(i) true
#else
#define mayLeave(i) !has(running, i)
#endif
#ifdef BUG_LOCK_FOR_ALL
#define lockIsFree true
#else
#define lockIsFree (owner == NOBODY)
#endif
#ifdef BUG_CONSTANT_FENCE
#define nextFence 1
#else
#define nextFence (clock + 1)
#endif
#ifdef BUG_LOSS_IS_NOT_TOLD
#define lapseLock(i) skip
#else
#define lapseLock(i) drop(lockTrust, i)
#endif
/* that of somebody who had it before, as older data say, is free again, too */
#if OLDER > 0
#define isLost(i) ((owner == NOBODY && lockFence <= fence[i]) || (owner != i && lockFence < fence[i]))
#else
#define isLost(i) (owner == NOBODY && lockFence <= fence[i])
#endif
#ifdef BUG_LOCK_BEFORE_STATE
#define mayRetake(i) true
#else
/* a lock that the store has lost is taken again once the store has what it was taken for */
#define mayRetake(i) (at[i] == locked || at[i] == leaving || has(holds[stored], i))
#endif

#ifdef BUG_LATE_WRITE_LANDS
/* one that its writer has given up on; past its deadline it does nothing, so without the bug there is none */
inline arriveLate(i) {
    if
    :: stored == sent[i] && last < WRITES ->
        make(sent[i], !has(on, sent[i]), holds[sent[i]]);
        put(last);
        assert(false)
    :: else
    fi
}
#endif

bool sound, fresh;
byte later;

inline events(i) {
    if
    /* -- exchanges with the store: an answer comes, sooner or later, or it is asked again */
    :: d_step { acts(i) ->
        record(i);
        if
        :: stored == proven[i] && !has(heard, i) && (has(trust, i) || !has(granted, i)) ->
            /* whenever that answer comes, it says nothing */
            hasHeard(i); endExchange(i)
        :: else -> add(asking, i); catchUp(i); seen[i] = stored
        fi;
        forget() }
    :: d_step { acts(i) && refusals < REFUSALS ->
        /* it shows what it has, and takes no presence */
        refusals++;
        add(asking, i); drop(granted, i); catchUp(i); seen[i] = stored; grantUnseen(i); forget() }
    :: d_step { acts(i) && has(asking, i) ->
        fresh = (stored == seen[i]);
        if :: isOvertaken(i) -> sound = true :: else -> accept(i) fi;
        /* who is in touch knows nothing that the store lacks */
        assert(!sound || !fresh || follows(stored, proven[i]));
        if :: sound && has(granted, i) -> add(trust, i) :: else fi;
        sound = false; fresh = false; later = 0;
        hasHeard(i); endExchange(i); forget() }
#if REPORTS > 0
    :: d_step { acts(i) && reports(i) -> report(i); forget() }
#endif
#if REPORTS > 0 && PUSHES > 0
    /* the same, and its answer comes: what was heard is in the store */
    :: d_step { acts(i) && has(heard, i) && reports(i) -> report(i); take(i, known[i]); forget() }
#endif
    /* -- leases */
    :: d_step { has(listed & ~silent, i) && (isGone(i) || believesSilence) -> lapse(i); add(silent, i); drop(granted, i) }
    :: d_step { has(listed & silent, i) && isGone(i) -> strike(i) }
    :: d_step { resets < RESETS && acts(i) -> resets++; add(reset, i); endExchange(i); forget() }
    /* -- pushes: any write, at any time, any number of times */
#if PUSHES > 0
    :: d_step { acts(i) && hears(i, 1) -> overtake(i); add(heard, i); know(i, 1) }
    :: d_step { acts(i) && hears(i, 2) -> overtake(i); add(heard, i); know(i, 2) }
    :: d_step { acts(i) && hears(i, 3) -> overtake(i); add(heard, i); know(i, 3) }
#if WRITES > 3
    :: d_step { acts(i) && hears(i, 4) -> overtake(i); add(heard, i); know(i, 4) }
#endif
#endif
    /* -- calls */
    :: d_step { acts(i) && has(SERVERS, i) && !has(running, i) && !refuses(i) && mayTrust(i) ->
        add(running, i); assert(nobodyWorks && unfinished(known[i]) == 0) }
    :: d_step { acts(i) && has(running, i) -> drop(running, i); drop(excused, i) }
    /* -- faults */
    :: d_step { crashes < CRASHES && has(alive & started, i) ->
        crashes++;
        if :: at[i] == working -> add(half, i) :: else fi;
        drop(alive, i); drop(running, i); drop(excused, i); drop(trust, i); drop(asking, i); drop(granted, i); drop(lockTrust, i);
        drop(heard, i); catchUp(i);
        at[i] = done; seen[i] = 0; known[i] = 0; proven[i] = 0; remembers[i] = 0; forget() }
    :: d_step { has(alive & ~started & NEWCOMERS, i) -> add(started, i) }
    /* -- one that shuts down, and is listed no longer, once nothing runs in it */
    :: d_step { leaves < LEAVES && acts(i) && !has(HOLDERS, i) && mayLeave(i) ->
        leaves++; strike(i); drop(started, i); drop(trust, i); endExchange(i);
        known[i] = 0; proven[i] = 0; remembers[i] = 0; forget() }
    /* -- a holder */
    :: d_step { acts(i) && has(HOLDERS, i) && at[i] == idle && isNextHolder(i) && has(remembers[i], i) && !unsureLock && lockIsFree ->
        clock = nextFence;
        assert(clock > fence[0] && clock > fence[1] && clock > fence[2]);
        fence[i] = clock; lockFence = clock; owner = i; add(lockTrust, i); at[i] = locked }
    :: d_step { owner == i -> lapseLock(i); owner = NOBODY }
    :: d_step { acts(i) && has(lockTrust, i) && isLost(i) && mayRetake(i) -> owner = i; lockFence = fence[i] }
    :: d_step { acts(i) && at[i] == locked -> at[i] = leaving }
    :: d_step { acts(i) && at[i] == working ->
        /* its lock is lost */
        add(half, i); drop(lockTrust, i); at[i] = leaving }
    :: d_step { mayWrite(i) && has(lockTrust, i) && at[i] == locked && isCurrent(i) ->
        enter(i);
        assert((unfinished(known[i]) & ~unfinished(last)) == 0);
        takeOwn(i, last); at[i] = draining; forget() }
    :: d_step { mayWrite(i) && has(lockTrust, i) && at[i] == locked && isCurrent(i) ->
        /* the answer is lost */
        enter(i); at[i] = leaving; forget() }
    :: d_step { acts(i) && has(lockTrust, i) && at[i] == draining && allDrained(i) ->
        at[i] = working; add(tookOver, i);
        assert(nothingRuns || isEnded(i)); assert(atMostOneWorks) }
    :: d_step { acts(i) && at[i] == draining ->
        /* time is over */
        giveUp(i) }
    :: d_step { acts(i) && at[i] == working -> at[i] = leaving }
    :: d_step { mayWrite(i) && at[i] == leaving && leavesAlone(i) && isCurrent(i) ->
        release(i);
        assert((unfinished(known[i]) & ~unfinished(last) & ~bit(i)) == 0 || has(tookOver, i));
#ifdef BUG_RELEASE_ENDS_OTHER_HOLDS
        assert((holds[known[i]] & ~bit(i) & ~overtaken(i)) == 0);
#endif
        takeOwn(i, last); unlock(i); forget(); at[i] = done }
    :: d_step { acts(i) && at[i] == leaving && !leavesAlone(i) && isCurrent(i) ->
        unlock(i); at[i] = done }
    /* -- an operator */
    :: d_step { mayWrite(i) && has(OPERATORS, i) && isNextOperator(i) && isCurrent(i) && !has(givenUp, i) ->
        make(known[i], !has(on, known[i]), switchedHolds(i));
        assert(holds[last] == holds[known[i]]);
        put(last); takeOwn(i, last); forget() }
    :: d_step { mayWrite(i) && has(OPERATORS, i) && isNextOperator(i) && isCurrent(i) && !has(givenUp, i) ->
        /* the answer is lost: nobody is told that it was written */
        make(known[i], !has(on, known[i]), switchedHolds(i));
        put(last); forget() }
#if UNSETS > 0
    :: d_step { mayWrite(i) && has(UNSETS, i) && isOn(known[i]) && isCurrent(i) ->
        unset(i); takeOwn(i, last); forget() }
    :: d_step { mayWrite(i) && has(UNSETS, i) && isOn(known[i]) && isCurrent(i) ->
        /* the answer is lost */
        unset(i); forget() }
#endif
#ifdef BUG_CONFLICT_IS_SUCCESS
    :: d_step { mayWrite(i) && has(OPERATORS, i) && !isCurrent(i) ->
        make(known[i], !has(on, known[i]), switchedHolds(i));
        take(i, last); assert(follows(stored, last)) }
#endif
#ifdef BUG_FAILURE_IS_IGNORED
    :: d_step { mayWrite(i) && has(OPERATORS, i) && isCurrent(i) ->
        make(known[i], !has(on, known[i]), switchedHolds(i));
        take(i, last); assert(follows(stored, last)) }
#endif
#ifdef BUG_LATE_WRITE_LANDS
    /* it is sent, and given up on before an answer has come: what arrives past its deadline does nothing */
    :: d_step { acts(i) && has(OPERATORS, i) && !has(givenUp, i) && last < WRITES -> add(givenUp, i); sent[i] = known[i] }
    :: d_step { has(givenUp, i) -> arriveLate(i); drop(givenUp, i); sent[i] = 0 }
#endif
    fi
}

inline checkAcknowledged(w) {
    if
    :: w <= last && stored != 0 && allApplied(w) -> assert(sure(0, w) && sure(1, w) && sure(2, w))
    :: else
    fi
}

init {
    d_step {
        alive = 7 & ~ABSENT;
        started = alive & ~NEWCOMERS
    };
    do
    :: events(0)
    :: events(1)
    :: events(2)
    :: d_step { losses < LOSSES -> losses++; lose(); forget() }
    :: d_step { lockLosses < LOCK_LOSSES && owner != NOBODY ->
        /* an id that they carry shows it, see lib/core/store/redis/scripts/parts/memory.lua */
        lockLosses++; owner = NOBODY;
#ifndef BUG_LOST_LEASES_ARE_FREE
        unsureLock = true
#endif
    }
#if OLDER > 0
    :: d_step { failovers < FAILOVERS && !saved -> save() }
    :: d_step { failovers < FAILOVERS && saved && (alive & started & ~met) == 0 ->
        /* so does the id of the server, which was met after the last one that had the locks */
#ifndef BUG_OLDER_LOCKS_ARE_BELIEVED
        unsureLock = true;
#endif
        owner = wasOwner; lockFence = wasLockFence;
        wasOwner = NOBODY; wasLockFence = 0;
        goBack() }
#elif FAILOVERS > 0
    :: d_step { failovers < FAILOVERS && stored != wasStored && (alive & started & ~met) == 0 ->
        /* one that lacks the last write, and what was told since; nobody comes after that who had heard nothing before */
        goBack() }
#endif
    /* a lease after it was lost: whoever has not come back since trusts nothing */
    :: d_step { unsure -> lapseOthers; unsure = false; excused = excused | (running & ~listed & ~remembered) }
    /* the lease of a lock later: whoever had it and has not taken it again has lost it */
    :: d_step { unsureLock -> if :: owner == NOBODY -> lockTrust = 0 :: else -> lockTrust = lockTrust & bit(owner) fi; unsureLock = false }
    /* whatever all have told that they have applied holds at each that trusts what it knows */
    :: d_step { last != 0 && !unsure -> checkAcknowledged(1); checkAcknowledged(2); checkAcknowledged(3);
#if WRITES > 3
        checkAcknowledged(4);
#endif
#if WRITES > 4
        checkAcknowledged(5)
#endif
    }
    od
}
