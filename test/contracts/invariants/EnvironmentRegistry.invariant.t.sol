// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../../contracts/EnvironmentRegistry.sol";
import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration, KeyType} from "../../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../../contracts/types/Ids.sol";
import {TestBase} from "../support/TestBase.sol";

/// @notice Registers, revokes and reports, by anybody, and notes what the past looked like at each step.
contract EnvironmentHandler is TestBase {
    struct Sample {
        EnvironmentId id;
        uint48 time;
        bool valid;
    }

    EnvironmentRegistry public immutable REGISTRY;
    EnvironmentId[] public ids;
    mapping(EnvironmentId id => address) public registrantOf;
    mapping(EnvironmentId id => uint256) public compromisedSince;
    Sample[] private _samples;
    uint48 public time = 1_800_000_000;

    constructor(EnvironmentRegistry registry) {
        REGISTRY = registry;
        vm.warp(time);
    }

    /// @dev Each step ends in a later second, and what is true of the one just gone is noted.
    modifier step(uint256 seed) {
        _;
        time += uint48(1 + (seed % 1000));
        vm.warp(time);
        for (uint256 i = 0; i < ids.length && i < 4; ++i) {
            EnvironmentId id = ids[((seed % ids.length) + i) % ids.length];
            uint48 past = time - 1 - uint48(uint256(keccak256(abi.encode(seed, i))) % 3000);
            _samples.push(Sample(id, past, REGISTRY.validAt(id, past)));
        }
    }

    function register(uint256 who, uint256 seed) external step(seed) {
        address registrant = _person(who);
        EnvironmentRegistration memory r = EnvironmentRegistration({
            kind: "none",
            measurement: bytes32(seed % 5),
            keyType: KeyType.None,
            key: "",
            attestationDigest: 0,
            validUntil: time + uint48(seed % 5000),
            verifier: IAttestationVerifier(address(0)),
            uri: ""
        });
        EnvironmentId id = REGISTRY.environmentIdOf(registrant, r);
        bool isNew = registrantOf[id] == address(0);
        vm.prank(registrant);
        (bool did, ) = address(REGISTRY).call(abi.encodeCall(REGISTRY.register, (r, "", "")));
        vm.assertTrue(did == isNew, "once");
        if (!did) return;
        ids.push(id);
        registrantOf[id] = registrant;
        compromisedSince[id] = type(uint256).max;
    }

    function revoke(uint256 which, uint256 who, uint256 seed) external step(seed) {
        if (ids.length == 0) return;
        EnvironmentId id = ids[which % ids.length];
        bool may = _person(who) == registrantOf[id] && REGISTRY.environmentOf(id).revokedAt == 0;
        vm.prank(_person(who));
        (bool did, ) = address(REGISTRY).call(abi.encodeCall(REGISTRY.revoke, (id)));
        vm.assertTrue(did == may, "the registrant, once");
    }

    function reportCompromise(uint256 which, uint256 who, uint256 back, uint256 seed) external step(seed) {
        if (ids.length == 0) return;
        EnvironmentId id = ids[which % ids.length];
        uint48 since = time - uint48(back % 4000);
        bool may = _person(who) == registrantOf[id] && since < compromisedSince[id];
        vm.prank(_person(who));
        (bool did, ) = address(REGISTRY).call(abi.encodeCall(REGISTRY.reportCompromise, (id, since)));
        vm.assertTrue(did == may, "the registrant, further back");
        if (did) compromisedSince[id] = since;
    }

    function sampleCount() external view returns (uint256) {
        return _samples.length;
    }

    function sample(uint256 i) external view returns (Sample memory) {
        return _samples[i];
    }

    function _person(uint256 who) private pure returns (address) {
        return address(uint160(0x1000 + (who % 2)));
    }
}

/// @notice See invariants.tree.
contract EnvironmentRegistryInvariants is TestBase {
    EnvironmentRegistry private registry;
    EnvironmentHandler private handler;

    function setUp() external {
        registry = new EnvironmentRegistry();
        handler = new EnvironmentHandler(registry);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_ThePastChangesOnlyByAReportedCompromise() external view {
        uint256 count = handler.sampleCount();
        for (uint256 i = 0; i < count; ++i) {
            EnvironmentHandler.Sample memory s = handler.sample(i);
            bool expected = s.valid && s.time < handler.compromisedSince(s.id);
            vm.assertEq(registry.validAt(s.id, s.time), expected);
        }
    }
}
